# Watches over one folder and the server in it. Arguments: the folder, the server program.
#
# Standard input is a pipe from the process that uses the server. Its end, however that comes about
# (a return, a panic, kill -9), is the one signal to clean up: the server is ended and the folder
# removed. Lines on it: `start`; `keep N`, after which the server stays N seconds past the end.
#
# Signals meant for the user's process group must not end the watch before it has cleaned up.
folder=$1
postgres=$2
trap '' HUP INT TERM PIPE
exec 3<&0 </dev/null

# A program that still works in the folder may put files back for a moment.
remove() {
    tries=0
    while ! rm -rf "$folder" 2>/dev/null && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

if ! read -r word <&3; then
    remove
    exit 0
fi

watch() {
    keep=0
    while read -r word value; do
        [ "$word" = keep ] && keep=$value
    done
    while [ "$keep" -gt 0 ]; do
        sleep 1
        keep=$((keep - 1))
    done
    : >"$folder/end"
    # A server this young may still ignore the signal, so it is sent until this loop is ended.
    tries=0
    signal=QUIT
    while :; do
        kill -$signal "$(cat "$folder/pid")" 2>/dev/null
        sleep 0.02
        tries=$((tries + 1))
        [ "$tries" -gt 400 ] && signal=KILL
    done
}

watcher=
while [ ! -e "$folder/end" ]; do
    rm -f "$folder/again"
    "$postgres" -D "$folder/data" 3<&- 2>&1 &
    server=$!
    echo "$server" >"$folder/pid.new" && mv "$folder/pid.new" "$folder/pid"
    if [ -z "$watcher" ]; then
        watch <&3 >/dev/null 2>&1 &
        watcher=$!
    elif [ -e "$folder/end" ]; then
        kill -KILL "$server"
    fi
    wait "$server"
    status=$?
    [ -e "$folder/again" ] || break
done
[ -e "$folder/end" ] || tail -n 20 "$folder/log" >&2
kill -KILL "$watcher" 2>/dev/null
remove
exit "$status"
