#!/bin/sh
# program.sh FOLDER SECONDS NAME: for run.sh, which starts several at a time. Run the program of that
# name in FOLDER/programs.txt, for at most so many seconds. What it says is in a log, and its status
# beside that; a line tells that it has ended.
set -u
cd "$1" || exit
log=logs/$(printf %s "$3" | tr / -)
command=$(awk -F '\t' -v name="$3" '$1 == name { print $2 }' programs.txt)

status=0
timeout --foreground -k 5 "$2" sh -c "exec $command" >"$log.txt" 2>&1 </dev/null || status=$?
echo "$status" >"$log.status"
if [ "$status" -eq 0 ]; then
    echo "  $3: $(grep -c '^ok [0-9]' "$log.txt") passed"
else
    echo "  $3: ended with status $status"
fi
