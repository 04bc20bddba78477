# What `megha debug` teaches GDB: commands for tasks, services and modules, and the symbols of what runs. GDB can be taught in
# Python alone (docs/decisions/0035-gdb-in-python.md); machine.py reads what is shown here.
#
# Invariant: one program's symbols are loaded at a time, because all programs lie at the same addresses.

import os
import sys

import gdb

# GDB is started in the root of the tree.
sys.path.insert(0, "Tools/gdb")
from machine import (KERNEL_HALF, Walk, all_tasks, case, cpu_place, current_task, describe, element, find_task, has_tasks, identity, kind,
                     label, module_file, modules, pointer, process, process_name, read, services, symbol_file, text, tool, word)


# ---- Commands ----

class Command(gdb.Command):
    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_USER)

    def invoke(self, argument, _):
        try:
            self.run(argument.strip())
        except gdb.MemoryError as error:
            raise gdb.GdbError("The machine's memory cannot be read: %s" % error)


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


class Tasks(Command):
    """Lists all tasks, and where in their own code each is: `*` runs. `task N` tells more of one."""
    name = "tasks"

    def run(self, _):
        tasks = all_tasks()
        if not tasks:
            raise gdb.GdbError("There are no tasks yet; `break-swift IdleTask.run` is behind the first.")
        running = current_task()
        walks = [Walk(task, int(task.address) == int(running.address)) for task in tasks]
        places = describe([walk.own or (0, walk.task) for walk in walks])
        rows = [("", "task", "process", "kind", "state", "priority", "at")]
        for task, place in zip(tasks, places):
            is_current = int(task.address) == int(running.address)
            rows.append(("*" if is_current else "", str(identity(task)),
                         process_name(task) + (" (thread)" if bool(task["isThread"]) else ""), kind(task),
                         case(task["state"]), str(int(task["priority"])), place))
        table(rows)


class Task(Command):
    """Tells of one task: `task N`, or `task` for the running one. Its registers are those of its own code, at the entry
into the kernel where it is in there; its way leads from the kernel through the system call back into its own code."""
    name = "task"

    def run(self, argument):
        task = find_task(argument)
        running = current_task()
        walk = Walk(task, int(task.address) == int(running.address))
        print("task %d of process \"%s\": %s, %s, priority %d" % (
            identity(task), process_name(task), kind(task), case(task["state"]), int(task["priority"])))
        print("  own stack 0x%08x-0x%08x, kernel stack 0x%08x-0x%08x, directory 0x%08x" % tuple(
            int(task[name]) for name in ["stackStart", "stackEnd", "kernelStackStart", "kernelStackEnd", "directory"]))
        names = [name for name in ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip"] if name in walk.registers]
        for part in (names[:4], names[4:]):
            if part:
                print("  " + "  ".join("%s 0x%08x" % (name, walk.registers[name]) for name in part))
        for index, (place, name) in enumerate(zip(walk.places, describe(walk.calls))):
            side = "kernel" if place >= KERNEL_HALF else process_name(task)
            print("#%-2d 0x%08x  %-8s  %s" % (index, place, side, name))


class Regions(Command):
    """Lists the regions of a task's address space: `regions N`, or `regions` for the running task."""
    name = "regions"

    def run(self, argument):
        space = process(find_task(argument))["space"]
        if not int(space):
            raise gdb.GdbError("The process has ended; its address space is gone.")
        rows = [("start", "end", "pages", "may", "purpose")]
        attributes = gdb.lookup_type("SpaceAttributes")
        # RegionNode<SpaceAttributes> (Kernel/Memory/Region.swift): start, length, attributes, then left and right.
        links = 8 + (attributes.sizeof + 3 & ~3)

        def visit(node):
            if not node:
                return
            visit(word(node + links))
            start, length = word(node), word(node + 4)
            value = gdb.Value(node + 8).cast(attributes.pointer()).dereference()
            bits = read(int(value["permissions"].address), 1)[0]
            may = "".join(letter if bits & 1 << index else "-" for index, letter in enumerate("rwx"))
            rows.append(("0x%08x" % start, "0x%08x" % (start + length & 0xFFFFFFFF), str(length >> 12), may,
                         case(value["purpose"])))
            visit(word(node + links + 4))

        visit(word(int(space.dereference()["regions"].address)))
        table(rows)


class Handles(Command):
    """Lists the handles of a task's process: `handles N`, or `handles` for the running task."""
    name = "handles"

    def run(self, argument):
        handles = process(find_task(argument))["handles"]
        slots = handles["slots"]
        rows = [("handle", "rights", "target")]
        low, high = slots.type.range()
        for index in range(low, high + 1):
            slot = element(slots, index)
            target = slot["target"]
            name, first = case(target["kind"]), int(target["object"])
            if name == "none":
                continue
            if name in ("service", "endpoint"):
                name += " \"%s\"" % text(pointer(first, "Service")["name"])
            elif first:
                name += " 0x%x" % first
            rows.append((str(index), "0x%x" % int(slot["rights"]), name))
        table(rows)


class Services(Command):
    """Lists the services: who serves them, and how many calls were made."""
    name = "services"

    def run(self, _):
        rows = [("service", "server", "calls", "handles")]
        for service in services() if has_tasks() else []:
            server, tag = service["server"], int(service["server"]["tag"])
            address = word(int(server.address))
            who = "nobody"
            if tag == 0:
                who = "process \"%s\"" % text(pointer(address, "Process")["name"])
            elif tag == 1:
                who = "module \"%s\"" % text(pointer(address, "LinkedModule")["name"])
            calls = int(service["queues"]["calls"]) + int(service["door"]["calls"])
            rows.append((text(service["name"]), who, str(calls & 0xFFFFFFFF), str(int(service["references"]))))
        table(rows)


class Modules(Command):
    """Lists the linked modules, with the addresses they are at."""
    name = "modules"

    def run(self, _):
        rows = [("module", "start", "pages", "symbols")]
        for module in modules():
            name = text(module["name"])
            rows.append((name, "0x%08x" % int(module["base"]), str(int(module["pageCount"])),
                         "loaded" if int(module["base"]) in loaded_modules else "not loaded"))
        table(rows)


class BreakRings(Command):
    """Stops wherever a task enters the kernel by a system call and changes its ring (SYSENTER, SYSEXIT), or would, were it
not in Ring 0 already (the far jumps of Ring-0 tasks). `break-rings 7`: for task 7 only."""
    name = "break-rings"

    def run(self, argument):
        condition = ""
        if argument:
            # The address of the running task's record is in the CPU's area.
            condition = " if *(unsigned int *)0x%x == 0x%x" % (cpu_place("CURRENT_TASK"), int(find_task(argument).address))
        leave = label("direct_entry_separate")
        # SYSEXIT is the last instruction of its function.
        places = [label("sysenter_entry"), leave - 2 - self.padding(leave)] + [
            label(name) for name in ["direct_entry_separate", "direct_entry_shared", "direct_entry_guarded"]]
        for place in places:
            gdb.execute("break *0x%x%s" % (place, condition))

    @staticmethod
    def padding(end):
        """How many bytes lie between SYSEXIT (0F 35) and `end`."""
        before = read(end - 32, 32)
        return 30 - before.rindex(b"\x0f\x35")


class BreakSwift(Command):
    """Stops at functions by their Swift names: `break-swift Scheduler.enqueue`, with or without the types and labels."""
    name = "break-swift"

    def run(self, argument):
        if not argument:
            raise gdb.GdbError("usage: break-swift TYPE.FUNCTION")
        last = argument.split("(")[0].split(".")[-1]
        listed = gdb.execute("info functions -q " + last, to_string=True)
        names = sorted(set(word.strip(";,") for word in listed.replace("(", " ").split() if word.startswith("$")))
        plain = tool("swift-demangle", ["-compact", "-simplified"], "\n".join(names) + "\n").split("\n")
        found = [name for name, text in zip(names, plain) if self.matches(text, argument)]
        if not found:
            raise gdb.GdbError("No function is named %s. It may have become part of those that call it; the kernel of "
                               "--debuggable has more of them." % argument)
        for name in found:
            gdb.execute("break -qualified -function " + name)

    @staticmethod
    def matches(text, wanted):
        for start in ("specialized ", "static ", "closure #1 in "):
            text = text[len(start):] if text.startswith(start) else text
        return text == wanted or text.split("(")[0] == wanted


# ---- Symbols ----

# For each address at which a module lies: its name, and the address by which GDB knows its symbols.
loaded_modules = {}
state = {"program": None, "file": None, "pinned": os.environ.get("MEGHA_PROGRAM") or None}


def quoted(path):
    return "\"" + path.replace("\\", "\\\\").replace("\"", "\\\"") + "\""


def load_program(name):
    path = symbol_file(name)
    if path is None or state["program"] == name:
        return
    if state["file"] is not None:
        gdb.execute("remove-symbol-file " + quoted(state["file"]), to_string=True)
    gdb.execute("add-symbol-file " + quoted(path), to_string=True)
    state["program"], state["file"] = name, path


def load_modules():
    there = {int(module["base"]): text(module["name"]) for module in modules()}
    for base, name in list(loaded_modules.items()):
        if there.get(base) != name:
            gdb.execute("remove-symbol-file " + quoted(module_file(name)), to_string=True)
            del loaded_modules[base]
    for base, name in there.items():
        if base not in loaded_modules:
            load_module(name, base)


def load_module(name, base):
    path = module_file(name)
    if path is not None:
        gdb.execute("add-symbol-file %s -o 0x%x" % (quoted(path), base), to_string=True)
        loaded_modules[base] = name


class WhenTasksStart(gdb.Breakpoint):
    """Loads the symbols of a program at its first instruction."""

    def __init__(self):
        super().__init__("*0x%x" % label("task_start"), internal=True)
        self.silent = True

    def stop(self):
        task = current_task()
        if task is not None and not bool(task["isThread"]):
            name = process_name(task)
            if state["pinned"] in (None, name):
                load_program(name)
        return False


class WhenModulesAreCalled(gdb.Breakpoint):
    """Loads the symbols of a module before its start function runs."""

    def __init__(self):
        super().__init__("*0x%x" % label("module_call"), internal=True)
        self.silent = True

    def stop(self):
        load_modules()
        return False


class InProgram(gdb.Function):
    """Whether the running task belongs to a program: what lies at an address of one lies there in no other."""

    def __init__(self):
        super().__init__("in_program")

    def invoke(self, name):
        task = current_task()
        return task is not None and process_name(task) == name.string()


def when_breakpoint_is_made(made):
    """A breakpoint in a program's code is for that program alone."""
    kinds = (gdb.BP_BREAKPOINT, gdb.BP_HARDWARE_BREAKPOINT)
    if state["program"] is None or made.type not in kinds or not made.visible or made.condition:
        return
    places = [place.address for place in made.locations]
    if places and all(place < KERNEL_HALF for place in places):
        made.condition = "$in_program(\"%s\")" % state["program"]


class Program(Command):
    """Loads the symbols of a program in place of another's, and keeps them: `program shell`. Without a name symbols follow
the program that was started last, as at first."""
    name = "program"

    def run(self, argument):
        state["pinned"] = argument or None
        if argument:
            if symbol_file(argument) is None:
                raise gdb.GdbError("There is no program or service %s in build." % argument)
            load_program(argument)


class Module(Command):
    """Loads the symbols of a module at an address, which happens by itself when one is linked: `module ramdisk 0xf0001000`."""
    name = "module"

    def run(self, argument):
        words = argument.split()
        if len(words) != 2:
            raise gdb.GdbError("usage: module NAME ADDRESS")
        if module_file(words[0]) is None:
            raise gdb.GdbError("There is no module %s in build." % words[0])
        load_module(words[0], int(gdb.parse_and_eval(words[1])))


for command in (Tasks, Task, Regions, Handles, Services, Modules, BreakRings, BreakSwift, Program, Module):
    command()
gdb.execute("add-symbol-file %s -s .megha.kernel 0x%x" % (quoted(os.environ["MEGHA_TYPES"]), label("kernel_storage")),
            to_string=True)
if state["pinned"]:
    load_program(state["pinned"])
InProgram()
gdb.events.breakpoint_created.connect(when_breakpoint_is_made)
WhenTasksStart()
WhenModulesAreCalled()
