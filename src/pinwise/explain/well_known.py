"""Names that most people mean, so that a misspelt one is recognised before anything was fetched.

A list to suggest from and nothing else: that a name stands here says nothing of whether an index has it.
"""

_NAMES = """
absl-py aiobotocore aiofiles aiohttp alembic altair amqp anthropic anyio apache-airflow apscheduler
argon2-cffi arrow asgiref asyncpg attrs authlib autopep8 azure-core azure-identity azure-storage-blob
babel bcrypt beautifulsoup4 billiard black bleach blinker bokeh boto3 botocore bottle build cachetools
cattrs celery certifi cffi chardet charset-normalizer cherrypy click cloudpickle colorama coverage
cryptography cvxpy cython dask databricks-sdk dataclasses-json datasets debugpy decorator defusedxml
django django-cors-headers django-debug-toolbar django-extensions django-filter djangorestframework
dnspython docker docutils duckdb elasticsearch email-validator environs factory-boy faker falcon fastapi
fastavro feedparser filelock fire flake8 flask flask-admin flask-babel flask-bcrypt flask-caching
flask-cors flask-jwt-extended flask-login flask-mail flask-migrate flask-restful flask-restx
flask-socketio flask-sqlalchemy flask-talisman flask-wtf fonttools fsspec gensim geopandas gevent
gitpython google-api-core google-api-python-client google-auth google-cloud-bigquery
google-cloud-logging google-cloud-pubsub google-cloud-storage googleapis-common-protos gradio graphene
graphql-core greenlet grpcio gunicorn h11 h5py hatchling httpcore httpx huggingface-hub hvac hypercorn
hypothesis idna imageio importlib-metadata influxdb-client invoke ipykernel ipython ipywidgets isodate
isort itsdangerous jax jaxlib jedi jinja2 jmespath joblib jsonschema jupyter jupyter-client jupyterlab
kafka-python keras keyring kombu kubernetes langchain langchain-core lightgbm lightning loguru lxml mako
markdown markupsafe marshmallow matplotlib mlflow mongoengine more-itertools moto motor msal msgpack
multidict mypy mysqlclient nbconvert networkx nltk notebook numba numpy oauthlib onnx onnxruntime openai
opencv-python opencv-python-headless openpyxl opentelemetry-api opentelemetry-sdk optuna orjson
packaging pandas paramiko passlib pathspec peewee pendulum pillow pip pipenv platformdirs plotly pluggy
poetry polars pre-commit prefect prometheus-client prompt-toolkit protobuf psutil psycopg psycopg2
psycopg2-binary pyarrow pyasn1 pycparser pycryptodome pydantic pydantic-settings pygments pyinstaller
pyjwt pylint pymongo pymysql pynacl pyodbc pyopenssl pyparsing pyqt6 pyright pyserial pyspark pytest
pytest-asyncio pytest-cov pytest-django pytest-mock pytest-xdist python-dateutil python-decouple
python-docx python-dotenv python-jose python-multipart python-slugify pytorch-lightning pytz pyyaml
pyzmq quart ray redis referencing regex reportlab requests requests-oauthlib requests-toolbelt rich rq
ruamel-yaml ruff s3fs s3transfer sagemaker sanic scikit-image scikit-learn scipy scrapy seaborn selenium
sentence-transformers sentencepiece sentry-sdk setuptools shapely simplejson six
snowflake-connector-python spacy sphinx sqlalchemy sqlmodel sqlparse sse-starlette starlette statsmodels
streamlit structlog sympy tabulate tenacity tensorboard tensorflow tensorflow-cpu termcolor textual
tifffile tiktoken tokenizers toml tomli tomlkit torch torchaudio torchvision tornado tox tqdm
transformers trio twine twisted typer typing-extensions tzdata tzlocal ujson uritemplate urllib3 uv
uvicorn uvloop virtualenv waitress wandb watchdog watchfiles websocket-client websockets werkzeug wheel
wrapt wtforms xarray xgboost xlrd xlsxwriter yarl zipp zstandard
"""

WELL_KNOWN = frozenset(_NAMES.split())
