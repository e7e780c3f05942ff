# blocks.awk - takes the blocks out of a page: awk -v work=FOLDER -v page=NAME -f blocks.awk PAGE
#
# Each ```c block becomes NAME-LINE.c in FOLDER, and NAME-LINE.mark holds the words of the comment
# before it. A block of another language that is marked 'output', 'error', 'statements' or 'refused'
# says what is expected of the C block before it, and goes to NAME-LINE.output and so on. The names
# of the C blocks are printed, in order.

function begin_code() {
    name = page "-" FNR
    file = work "/" name ".c"
    print mark > (work "/" name ".mark")
    close(work "/" name ".mark")
    printf "" > file
    print name
}

function begin_expected() {
    file = work "/" name "." mark
    printf "" > file
}

/^```/ && !in_block {
    in_block = 1
    if ($0 == "```c")
        begin_code()
    else if (mark ~ /^(output|error|statements|refused)$/)
        begin_expected()
    mark = ""
    next
}

/^```$/ {
    in_block = 0
    if (file != "")
        close(file)
    file = ""
    next
}

in_block {
    if (file != "")
        print > file
    next
}

/^<!-- .* -->$/ {
    mark = substr($0, 6, length($0) - 9)
    next
}

/./ { mark = "" }
