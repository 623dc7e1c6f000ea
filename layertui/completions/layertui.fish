# Completion of layertui for fish: layertui completion fish > ~/.config/fish/completions/layertui.fish

function __layertui_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    for line in ($before[1] _complete $before[2..-1] $current 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path $current
            case ':directories'
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end

complete -c layertui -f -a '(__layertui_complete)'
