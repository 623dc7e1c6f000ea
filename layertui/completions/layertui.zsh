#compdef layertui
# Completion of layertui for zsh: eval "$(layertui completion zsh)" behind compinit, or as _layertui in $fpath.

_layertui() {
    local -a whole open
    local line text entry
    for line in "${(@f)$(${(Q)words[1]} _complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        text=${line%%$'\t'*}
        entry=${text//:/\\:}:${line#*$'\t'}
        case $text in
            '') ;;
            :files)
                [[ $PREFIX == (docker-archive|oci|oci-archive|overlay2|aufs):* ]] && compset -P 1 '*:'
                _files
                ;;
            :directories) _files -/ ;;
            *[:=/]) open+=("$entry") ;;
            *) whole+=("$entry") ;;
        esac
    done
    (( $#whole )) && _describe -V layertui whole
    (( $#open )) && _describe -V layertui open -S ''
    return 0
}

if [[ $funcstack[1] == _layertui ]]; then
    _layertui "$@"
else
    compdef _layertui layertui
fi
