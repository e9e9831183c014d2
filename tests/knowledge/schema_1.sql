PRAGMA application_id = 1885957751;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE documents (
    project_id INTEGER NOT NULL REFERENCES projects,
    filename TEXT NOT NULL,
    kind TEXT NOT NULL,
    revision INTEGER NOT NULL,
    answer TEXT NOT NULL,  -- 'none', 'metadata' or 'unusable'
    reason TEXT,
    origin TEXT,
    file TEXT,
    requires_python TEXT,
    requirements TEXT,  -- JSON: [requirement id, ...] in the document's order
    extras TEXT,  -- JSON: [name, ...], sorted
    checked INTEGER NOT NULL,
    PRIMARY KEY (project_id, filename, kind, revision)
) WITHOUT ROWID;
INSERT INTO "documents" VALUES(1,'flask-2-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[1,2]','[]',1700000001);
INSERT INTO "documents" VALUES(1,'flask-3-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[3,2,4]','["async"]',1700000001);
INSERT INTO "documents" VALUES(4,'click-7-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[]','[]',1700000001);
INSERT INTO "documents" VALUES(4,'click-8-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[]','[]',1700000001);
INSERT INTO "documents" VALUES(4,'click-8.1-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[]','[]',1700000001);
INSERT INTO "documents" VALUES(8,'jinja2-3-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[5]','[]',1700000001);
INSERT INTO "documents" VALUES(8,'jinja2-4-py3-none-any.whl','metadata file',1,'unusable','nonsense',NULL,NULL,NULL,NULL,NULL,1700000001);
INSERT INTO "documents" VALUES(11,'markupsafe-2-py3-none-any.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[]','[]',1700000001);
INSERT INTO "documents" VALUES(13,'greenlet-1-cp311-cp311-manylinux_2_17_x86_64.whl','metadata file',1,'metadata',NULL,'metadata file','',NULL,'[]','[]',1700000001);
CREATE TABLE files (
    project_id INTEGER NOT NULL REFERENCES projects,
    filename TEXT NOT NULL,
    revision INTEGER NOT NULL,
    release_id INTEGER NOT NULL REFERENCES releases,
    url TEXT NOT NULL,
    sha256 TEXT,
    size INTEGER,
    uploaded INTEGER,
    requires_python TEXT,
    yanked TEXT,
    metadata TEXT,
    tags TEXT NOT NULL,
    seen INTEGER NOT NULL,
    gone INTEGER,
    PRIMARY KEY (project_id, filename, revision)
) WITHOUT ROWID;
INSERT INTO "files" VALUES(1,'flask-2-py3-none-any.whl',1,1,'https://index.example/simple/files/flask-2-py3-none-any.whl','cd477b1a0d5568a5dda477194d9007455679608b6560532e4aaea300137e560a',1000,1672531200,NULL,NULL,'29453c963870a66d18e56f663ea8471acbcc3cece2d9cb6fb01d14a2b513cbbd','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(1,'flask-3-py3-none-any.whl',1,2,'https://index.example/simple/files/flask-3-py3-none-any.whl','8d4fdbcb85c35209881962b5cbe02b653f4e3b1d4df43cad585674e98c4f8aa3',1000,1709251200,NULL,NULL,'5e259d78731c27498352ce8e6c8325579765819fe55ff864ef8e0db8355c8247','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(4,'click-7-py3-none-any.whl',1,3,'https://index.example/simple/files/click-7-py3-none-any.whl','083f4c6ba2a0d82e3035fb68fd8590569575176270e70a7a23d4fb8fc3b099ba',1000,1640995200,NULL,NULL,'bc15941426ba6ecfccdab4970d7b020e755379dafc2ad937878d167ac3435be6','py3-none-any',1700000000,1700000100);
INSERT INTO "files" VALUES(4,'click-7-py3-none-any.whl',2,3,'https://index.example/simple/files/click-7-py3-none-any.whl','083f4c6ba2a0d82e3035fb68fd8590569575176270e70a7a23d4fb8fc3b099ba',1000,1640995200,NULL,NULL,'bc15941426ba6ecfccdab4970d7b020e755379dafc2ad937878d167ac3435be6','py3-none-any',1700000200,NULL);
INSERT INTO "files" VALUES(4,'click-8-py3-none-any.whl',1,4,'https://index.example/simple/files/click-8-py3-none-any.whl','94f89349c601e3b7053501bbe558b58fe270e269433415fb2208a677a302cff4',1000,1685577600,NULL,'broken','4fb957ad42de5ed5312297a0358aeb804dcee9f17cca12a784abbb01ab7b4f47','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(4,'click-8.1-py3-none-any.whl',1,5,'https://index.example/simple/files/click-8.1-py3-none-any.whl','bb936f5fa429610e28b94007efb1ef0f1c86bd5c94262bd0156ce202920b1597',1000,1688169600,NULL,NULL,'826382f0ccc2d2886ec5f216fcca49e80c6fec5c732ff830ec1748d4f658f5f4','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(4,'click-8.1.tar.gz',1,5,'https://index.example/simple/files/click-8.1.tar.gz','c57a6c28e27d6ba9b3dc678a5c5e43721800cd5b8199aa4c7d6100949a223c56',1000,1688169600,NULL,NULL,'79a97c3d71bc1f09778fcc7e1cf20b56e7de608097d5cc32d0ffa00dc64bb70d','',1700000000,NULL);
INSERT INTO "files" VALUES(8,'jinja2-3-py3-none-any.whl',1,6,'https://index.example/simple/files/jinja2-3-py3-none-any.whl','af0b314b761b41fb6f69fde411f756798cad76decd220b4ad8ca63a58fab4638',1000,1704067200,NULL,NULL,'73efb18581d6b6bab948d665d5400811f074363641b54ac909a79b6a67e9f760','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(8,'jinja2-4-py3-none-any.whl',1,7,'https://index.example/simple/files/jinja2-4-py3-none-any.whl','202582bee2855c02d3c0af6388446b2aadbdd8f7bba692bf84d19c7a32c8cd5d',1000,1706745600,NULL,NULL,'8683dbc84db54149db10adf25324b53f31d74b5bf0e4712ed7ad754470c7e417','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(11,'markupsafe-2-py3-none-any.whl',1,8,'https://index.example/simple/files/markupsafe-2-py3-none-any.whl','ffb15a0c0b4084fb9ff4ded7d9376bfd7d6dc5637e53835423f43a8095056e7d',1000,1683244800,NULL,NULL,'be4fc4797afcd57016e4b9a295c7cfff57dd12be9162fb082f32e0ae69f85147','py3-none-any',1700000000,NULL);
INSERT INTO "files" VALUES(13,'greenlet-1-cp311-cp311-manylinux_2_17_x86_64.whl',1,9,'https://index.example/simple/files/greenlet-1-cp311-cp311-manylinux_2_17_x86_64.whl','4a648c8c5634e8fadedcd6a89b558d95617fe4844d470b861cd7f386803ed812',1000,1683244800,NULL,NULL,'af57944ae45b1388150c1e9e9d6837f3078dac06cc400e7b8ac4e676ed30846e','cp311-cp311-manylinux_2_17_x86_64',1700000000,NULL);
INSERT INTO "files" VALUES(13,'greenlet-1.tar.gz',1,9,'https://index.example/simple/files/greenlet-1.tar.gz','de53eeb6b5d8d4be77ca09daf8345d0eede379b05f9c85bac69fa8efe029abac',1000,1683244800,NULL,NULL,'65db4aaa3c6b25f5144cc8c70b44ea56d9b41ba5169db893fc940a2e5af3fd91','',1700000000,NULL);
CREATE TABLE indexes (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE
);
INSERT INTO "indexes" VALUES(1,'https://index.example/simple');
CREATE TABLE pages (
    project_id INTEGER PRIMARY KEY REFERENCES projects,
    revision INTEGER NOT NULL,
    is_found INTEGER NOT NULL,
    status TEXT NOT NULL,
    skipped TEXT NOT NULL,  -- JSON: [[what, reason], ...]
    etag TEXT,
    last_modified TEXT,
    checked INTEGER NOT NULL  -- seconds since 1970
);
INSERT INTO "pages" VALUES(1,1,1,'active','[]','"1"',NULL,1700000000);
INSERT INTO "pages" VALUES(4,3,1,'active','[]','"3"',NULL,1700000200);
INSERT INTO "pages" VALUES(8,1,1,'active','[]','"1"',NULL,1700000000);
INSERT INTO "pages" VALUES(11,1,1,'active','[]','"1"',NULL,1700000000);
INSERT INTO "pages" VALUES(13,1,1,'active','[]','"1"',NULL,1700000000);
INSERT INTO "pages" VALUES(15,1,0,'','[]',NULL,NULL,5);
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given again: (id, revision) names one state of a page
    index_id INTEGER NOT NULL REFERENCES indexes,
    name TEXT NOT NULL,
    UNIQUE (index_id, name)
);
INSERT INTO "projects" VALUES(1,1,'flask');
INSERT INTO "projects" VALUES(4,1,'click');
INSERT INTO "projects" VALUES(8,1,'jinja2');
INSERT INTO "projects" VALUES(11,1,'markupsafe');
INSERT INTO "projects" VALUES(13,1,'greenlet');
INSERT INTO "projects" VALUES(15,1,'gone-project');
CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    version TEXT NOT NULL,
    UNIQUE (project_id, version)
);
INSERT INTO "releases" VALUES(1,1,'2');
INSERT INTO "releases" VALUES(2,1,'3');
INSERT INTO "releases" VALUES(3,4,'7');
INSERT INTO "releases" VALUES(4,4,'8');
INSERT INTO "releases" VALUES(5,4,'8.1');
INSERT INTO "releases" VALUES(6,8,'3');
INSERT INTO "releases" VALUES(7,8,'4');
INSERT INTO "releases" VALUES(8,11,'2');
INSERT INTO "releases" VALUES(9,13,'1');
CREATE TABLE requirements (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
INSERT INTO "requirements" VALUES(1,'click>=7');
INSERT INTO "requirements" VALUES(2,'jinja2');
INSERT INTO "requirements" VALUES(3,'click>=8');
INSERT INTO "requirements" VALUES(4,'greenlet>=1; extra == "async"');
INSERT INTO "requirements" VALUES(5,'markupsafe');
CREATE INDEX projects_by_name ON projects (name);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('projects',18);
COMMIT;
