// The shell's own commands that need the system: their names, arguments and what each does.

enum Builtin: UInt8 {
  case help, echo, run, sandbox, rights
  case jobs, fg, bg, wait, kill
  case cd, pwd, ls, cat, head, tail, wc, grep, sort, hexdump, less
  case find, du, stat, chmod, cmp
  case mkdir, rmdir, rm, cp, mv, ln, touch, tee, df, mount, umount, sync
  case ps, top, nice, sleep, date, uptime
  case free, maps, dmesg
  case lsmod, insmod, rmmod, modinfo, service
  case which, env, history, read, clear

  private static var count: UInt8 { 57 }

  init?(named name: [UInt8]) {
    for value in 0..<Self.count {
      if let builtin = Builtin(rawValue: value), StaticText(builtin.help.name).isSame(as: name) {
        self = builtin
        return
      }
    }
    return nil
  }

  /// All of them, in the order of the table.
  static func forEach(_ body: (Builtin) -> Void) {
    for value in 0..<count {
      if let builtin = Builtin(rawValue: value) { body(builtin) }
    }
  }

  var help: CommandHelp {
    switch self {
    case .help: CommandHelp("help", "[NAME]", "shows this table, or what NAME does", example: "help run", .commands)
    case .echo:
      CommandHelp(
        "echo", "[-n] [WORD...]", "prints its words; -n without an end of the line", example: "echo the status was $?")
    case .run:
      CommandHelp(
        "run", "[OPTION...] PROGRAM [WORD...]",
        "runs a program: --ring0, --stack separate|shared, --guarded, --guard-heap, --linux, --priority N, --limit memory=4M,kernel=64K,tasks=5, --share N",
        example: "run --ring0 rings", .programs)
    case .sandbox:
      CommandHelp(
        "sandbox", "PROGRAM [WORD...]", "runs a program that may use none of the rights the shell holds",
        example: "sandbox rings", .programs)
    case .rights:
      CommandHelp(
        "rights", "[NAME...]", "shows the rights that programs and services ask for, or those of the shell",
        example: "rights bench disk", .programs)
    case .jobs:
      CommandHelp("jobs", "", "shows what runs in the background or was stopped by Ctrl-Z", example: "spin 5000 & jobs")
    case .fg:
      CommandHelp(
        "fg", "[%JOB]", "waits for a job as for a command; one that is stopped goes on", example: "fg %1", .jobs)
    case .bg:
      CommandHelp(
        "bg", "[%JOB]", "lets a job that Ctrl-Z has stopped go on in the background", example: "bg %1", .jobs)
    case .wait: CommandHelp("wait", "[%JOB|TASK...]", "waits for jobs, or for all of them", example: "wait %1", .jobs)
    case .kill:
      CommandHelp(
        "kill", "%JOB|TASK|--job TASK [STATUS]",
        "ends a job, with all that it started, or a task; --job ends all that the task's job pays for",
        example: "kill %1",
        .jobs)
    case .cd:
      CommandHelp(
        "cd", "[FOLDER]", "changes the current folder; - is the one before", example: "cd /lib/modules", .folders)
    case .pwd: CommandHelp("pwd", "", "prints the current folder", example: "pwd")
    case .ls:
      CommandHelp(
        "ls", "[-a] [-l] [-R] [FILE|FOLDER...]",
        "lists files: -a also those that begin with a dot, -l with sizes, -R with what lies in folders",
        example: "ls -l /bin",
        .files)
    case .cat: CommandHelp("cat", "[FILE...]", "prints files, or the input", example: "cat /boot/script", .files)
    case .head:
      CommandHelp(
        "head", "[-n LINES|-LINES|-c BYTES] [FILE...]", "prints how files begin", example: "head -n 3 /boot/script",
        .files)
    case .tail:
      CommandHelp(
        "tail", "[-n LINES|-LINES|-c BYTES] [FILE...]",
        "prints how files end; +N instead of a number: from line or byte N on", example: "tail -n 3 /boot/script",
        .files)
    case .wc:
      CommandHelp("wc", "[-l] [-w] [-c] [FILE...]", "counts lines, words and bytes", example: "wc /boot/script", .files)
    case .grep:
      CommandHelp(
        "grep", "[-i] [-v] [-n] [-c] TEXT [FILE...]",
        "prints the lines with a text; * ? and [ ] in it fit anything: -i letters of any size, -v others, -n numbers, -c how many",
        example: "grep -n echo /boot/script", .files)
    case .sort:
      CommandHelp(
        "sort", "[-r] [-n] [-u] [FILE...]", "prints lines in order: -r backwards, -n by number, -u once each",
        example: "ls | sort -r", .files)
    case .hexdump:
      CommandHelp(
        "hexdump", "[FILE [START [COUNT]]]", "prints bytes as numbers", example: "hexdump /bin/rings 0 64", .files)
    case .less:
      CommandHelp(
        "less", "[FILE...]", "shows files a page at a time: space, b, arrows, q", example: "dmesg | less", .files)
    case .find:
      CommandHelp(
        "find", "[PATH...] [-name PATTERN] [-type f|d|l]",
        "prints the paths of files and folders below others, in order",
        example: "find /lib -name 'chain*' -type f", .files)
    case .du:
      CommandHelp(
        "du", "[-s] [FILE|FOLDER...]", "adds up the space that folders take; -s without those inside",
        example: "du -s /tmp",
        .files)
    case .stat: CommandHelp("stat", "FILE...", "tells all that is known of a file", example: "stat /bin/hello", .files)
    case .chmod:
      CommandHelp(
        "chmod", "MODE FILE...", "sets permission bits, as 644 or u+x; other systems ask them, this one does not",
        example: "chmod 644 /tmp/a", .files)
    case .cmp:
      CommandHelp(
        "cmp", "[-s] FILE FILE", "says where two files differ; -s only by its status",
        example: "cmp /bin/hello /bin/rings",
        .files)
    case .mkdir:
      CommandHelp(
        "mkdir", "[-p] FOLDER...", "makes folders; -p: those above them too, and none is wrong that is there",
        example: "mkdir -p /tmp/a/b", .folders)
    case .rmdir: CommandHelp("rmdir", "FOLDER...", "takes empty folders away", example: "rmdir /tmp/a/b", .folders)
    case .rm:
      CommandHelp(
        "rm", "[-r] [-f] FILE...", "takes files away: -r folders with all that is in them, -f what may not be there",
        example: "rm -r /tmp/a", .files)
    case .cp:
      CommandHelp(
        "cp", "[-r] FILE... TARGET", "copies files to a name, or into a folder; -r folders with all that is in them",
        example: "cp /boot/script /tmp", .files)
    case .mv:
      CommandHelp(
        "mv", "[-f] FILE... TARGET", "gives files another name, or moves them into a folder",
        example: "mv /tmp/a /tmp/b",
        .files)
    case .ln:
      CommandHelp(
        "ln", "[-s] TARGET NAME", "gives a file a second name; -s makes a symbolic link",
        example: "ln -s hello /tmp/greet", .files)
    case .touch:
      CommandHelp(
        "touch", "FILE...", "makes empty files, or sets when they were written to", example: "touch /tmp/a", .files)
    case .tee:
      CommandHelp(
        "tee", "[-a] [FILE...]", "prints the input and writes it to files; -a behind what they have",
        example: "ps | tee /tmp/tasks", .files)
    case .df:
      CommandHelp(
        "df", "[-i]", "shows how full the file systems are; -i: with files and folders", example: "df -i")
    case .mount:
      CommandHelp(
        "mount", "[[--read-only] SERVICE FOLDER]", "shows the file systems, or puts that of a service at a folder",
        example: "mount files /tmp", .services)
    case .umount:
      CommandHelp("umount", "FOLDER", "takes a file system out of the name space", example: "umount /tmp", .folders)
    case .sync:
      CommandHelp(
        "sync", "[FOLDER...]", "waits until all that was written is where it stays", example: "sync", .folders)
    case .ps: CommandHelp("ps", "", "shows all tasks, as a tree", example: "ps")
    case .top:
      CommandHelp(
        "top", "[--once|SECONDS]",
        "shows which tasks use the processor, until a key is typed; --once without waiting for one",
        example: "top --once")
    case .nice: CommandHelp("nice", "PRIORITY TASK", "sets a task's priority, 0 (lowest) to 31", example: "nice 5 12")
    case .sleep: CommandHelp("sleep", "MILLISECONDS|SECONDSs", "waits", example: "sleep 1500; sleep 2s")
    case .date:
      CommandHelp("date", "", "asks the service `clock` for the time, and starts it for that", example: "date")
    case .uptime: CommandHelp("uptime", "", "says since when the machine runs", example: "uptime")
    case .free:
      CommandHelp(
        "free", "[--check|--heap|--by-job]",
        "counts the memory by owner; --check proves the counts, --by-job shows what jobs have", example: "free --check")
    case .maps: CommandHelp("maps", "TASK", "shows the regions of a task's address space", example: "maps 1")
    case .dmesg: CommandHelp("dmesg", "", "prints the kernel's log", example: "dmesg")
    case .lsmod: CommandHelp("lsmod", "", "lists the kernel modules", example: "lsmod")
    case .insmod:
      CommandHelp(
        "insmod", "MODULE|FILE [NAME=VALUE...]", "links a module into the kernel and starts it",
        example: "insmod ramdisk kilobytes=128", .moduleFiles)
    case .rmmod:
      CommandHelp(
        "rmmod", "[--wait] MODULE", "stops a module and takes it out; --wait: once the calls inside have come back",
        example: "rmmod ramdisk", .modules)
    case .modinfo:
      CommandHelp(
        "modinfo", "MODULE|FILE", "describes a module, loaded or not", example: "modinfo ramdisk", .moduleFiles)
    case .service:
      CommandHelp(
        "service", "ACTION [NAME] [--as PLACEMENT [--without-state]]",
        "list, start, stop, move, save: runs services as server, ring0-server or linked",
        example: "service move store --as linked", .services)
    case .which:
      CommandHelp("which", "NAME...", "says where the program of a name is", example: "which rings", .commands)
    case .env: CommandHelp("env", "", "shows the variables that programs get", example: "env")
    case .history:
      CommandHelp(
        "history", "[-c]", "shows the lines that were typed; -c forgets them, in the file too", example: "history")
    case .read:
      CommandHelp(
        "read", "NAME...", "reads a line of the input into variables", example: "read ANSWER; echo $ANSWER",
        .variables)
    case .clear: CommandHelp("clear", "", "clears the screen", example: "clear")
    }
  }
}
