"""The scripts that tie completion to a shell; each asks `pinwise` itself, so that none goes stale."""

BASH = r"""# Completion of pinwise for bash.
_pinwise() {
    local value meaning current="${COMP_WORDS[COMP_CWORD]}"
    [[ $current == "=" ]] && current=""
    COMPREPLY=()
    while IFS=$'\t' read -r value meaning; do
        case "$value" in
            /file/) compopt -o filenames 2>/dev/null
                while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
            /folder/) compopt -o filenames 2>/dev/null
                while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pinwise pinwise
"""

ZSH = r"""#compdef pinwise
# Completion of pinwise for zsh.
_pinwise() {
    local line
    local -a values
    for line in "${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case "$line" in
            "") ;;
            /file/) _files ;;
            /folder/) _files -/ ;;
            *$'\t'*) values+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            *) values+=("${line//:/\\:}") ;;
        esac
    done
    (( $#values )) && _describe -V pinwise values
}
if [[ "$funcstack[1]" == "_pinwise" ]]; then _pinwise "$@"; else compdef _pinwise pinwise; fi
"""

FISH = r"""# Completion of pinwise for fish.
function __pinwise_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete fish $words "$current" 2>/dev/null)
        switch $line
            case /file/
                __fish_complete_path "$current"
            case /folder/
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c pinwise -f -a '(__pinwise_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""By the name of the shell."""
