# Completion of layertui for bash: eval "$(layertui completion bash)"

_layertui() {
    # Bash takes words apart at colons and equals signs; they are put together again by where spaces are.
    local rest=$COMP_LINE words=() i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ $i -eq 0 || $rest == [[:space:]]* ]]; then
            rest=${rest#"${rest%%[![:space:]]*}"}
            words+=("${COMP_WORDS[i]}")
        else
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
        fi
        rest=${rest#"${COMP_WORDS[i]}"}
    done
    local current=${words[${#words[@]} - 1]}
    # What readline keeps of the word as it is: all before the last place where words are taken apart.
    local kept=${current%"${current##*[:=]}"} line text open=
    [[ $COMP_WORDBREAKS == *:* ]] || kept=
    COMPREPLY=()
    while IFS= read -r line; do
        text=${line%%$'\t'*}
        case $text in
            :files | :directories)
                local path kind=-f
                [[ $text == :directories ]] && kind=-d
                while IFS= read -r path; do
                    [[ -d $path ]] && open=yes && path+=/
                    COMPREPLY+=("$(printf %q "${path#"$kept"}")")
                done < <(compgen "$kind" -- "$current" || compgen "$kind" -- "${current#"$kept"}")
                ;;
            *)
                [[ $text == *[:=/] ]] && open=yes
                COMPREPLY+=("${text#"$kept"}")
                ;;
        esac
    done < <("${words[0]}" _complete "${words[@]:1}" 2>/dev/null)
    [[ -n $open && ${#COMPREPLY[@]} -eq 1 ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _layertui layertui
