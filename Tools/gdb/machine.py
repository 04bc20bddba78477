# What GDB reads of a machine for the commands in megha.py: memory of the kernel and of tasks, the kernel's values, names of
# places in code, and the way of a task through the kernel back into its own code.
#
# Invariant: nothing here changes the machine: it is read through the stub, and memory of tasks through their own page tables.

import os
import struct
import subprocess

import gdb

KERNEL_HALF = 0xC0000000
SYSTEM_CALL_PAGE = 0xBFFFF000
TOOLS = os.environ.get("MEGHA_TOOLS", "")
KERNEL = os.environ.get("MEGHA_KERNEL", "build/kernel.elf")
# Where programs, services and modules outside of the tree were built.
OWN = [folder for folder in os.environ.get("MEGHA_OWN", "").split("\n") if folder]


# ---- Memory ----

def read(address, count):
    return bytes(gdb.selected_inferior().read_memory(address, count))


def word(address):
    return struct.unpack("<I", read(address, 4))[0]


class Physical:
    """Reads physical memory for as long as it is entered."""

    def __enter__(self):
        gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)

    def __exit__(self, *_):
        gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)


def physical_address(directory, address):
    """Where a task's address is (Intel SDM Vol. 3, 4.4), or None. Called while physical memory is read."""
    def entry(table, index):
        return struct.unpack("<Q", read(table + 8 * index, 8))[0]

    frame = 0x000FFFFFFFFFF000
    upper = entry(directory & ~31, address >> 30)
    if not upper & 1:
        return None
    middle = entry(upper & frame, address >> 21 & 511)
    if not middle & 1:
        return None
    if middle & 0x80:
        return (middle & 0x000FFFFFFFE00000) + (address & 0x1FFFFF)
    lower = entry(middle & frame, address >> 12 & 511)
    return (lower & frame) + (address & 4095) if lower & 1 else None


def task_word(task, address):
    """A word as a task sees it, or None."""
    try:
        # Read before the stub changes to physical memory, where the task's record is elsewhere.
        directory = int(task["directory"])
        if address >= KERNEL_HALF or directory == loaded_directory():
            return word(address)
        with Physical():
            place = physical_address(directory, address)
            return None if place is None else word(place)
    except gdb.MemoryError:
        return None


# ---- The kernel's values ----

def kernel():
    return gdb.parse_and_eval("kernel")


def label(name):
    return int(gdb.parse_and_eval("(unsigned int)&" + name))


def register(name):
    return int(gdb.newest_frame().read_register(name)) & 0xFFFFFFFF


def cpu_place(field):
    """Where a field of the CPU's area lies, as the assembly knows it."""
    header = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Machine/include/cpu_area_offsets.h")
    with open(header) as lines:
        for line in lines:
            words = line.split()
            if words[:2] == ["#define", "CPU_AREA_" + field]:
                return label("cpu_area") + int(words[2], 16)
    raise gdb.GdbError("cpu_area_offsets.h does not say where %s is." % field)


def cpu_word(field):
    return word(cpu_place(field))


def loaded_directory():
    return cpu_word("LOADED_DIRECTORY")


def current_task():
    """The running task, or None before there are tasks."""
    address = cpu_word("CURRENT_TASK")
    return pointer(address, "Task") if address and has_tasks() else None


def pointer(address, type_name):
    return gdb.Value(address).cast(gdb.lookup_type(type_name).pointer()).dereference()


def has_tasks():
    try:
        return int(kernel()["scheduling"]["tasks"]["mask"]) > 1
    except gdb.error:
        return False


def text(value):
    """The text of a Name or a ShortText, which begin with their bytes."""
    return read(int(value.address), 32).split(b"\0")[0].decode("ascii", "replace")


def case(value):
    """The name of an enumeration's case."""
    return str(value).split("::")[-1]


def element(array, index):
    """An element of an array, which is wrapped where the array has room between its elements."""
    value = array[index]
    fields = [field.name for field in value.type.fields()] if value.type.code == gdb.TYPE_CODE_STRUCT else []
    return value["value"] if fields[:1] == ["value"] else value


def all_tasks():
    if not has_tasks():
        return []
    table = kernel()["scheduling"]["tasks"]
    count = int(table["mask"]) + 1
    slots = struct.unpack("<%dI" % count, read(int(table["slots"]), 4 * count))
    tasks = [pointer(address, "Task") for address in slots if address]
    return sorted(tasks, key=lambda task: identity(task))


def identity(task):
    return int(task["identity"]["value"])


def process(task):
    """The process of a task; the idle task has none."""
    owner = int(task["owner"])
    return pointer(owner, "Process") if owner else None


def process_name(task):
    own = process(task)
    return text(own["name"]) if own is not None else "idle"


def kind(task):
    mode = case(task["mode"])
    if mode == "user":
        return "Ring 3"
    if bool(task["isGuarded"]):
        return "Ring 0 guarded"
    return "Ring 0 shared" if mode == "kernelSharedStack" else "Ring 0 separate"


def find_task(argument):
    if not argument:
        task = current_task()
        if task is None or not int(task["owner"]):
            raise gdb.GdbError("No task runs now; name one: `tasks` lists them.")
        return task
    for task in all_tasks():
        if str(identity(task)) == argument:
            return task
    raise gdb.GdbError("There is no task %s; `tasks` lists those that there are." % argument)


def modules():
    """The linked modules' records."""
    if not has_tasks():
        return []
    table = kernel()["modules"]
    if not int(table):
        return []
    records = table["records"]
    low, high = records.type.range()
    entries = [records[index] for index in range(low, high + 1)]
    return [entry.dereference() for entry in entries if int(entry)]


def services():
    entries = kernel()["messages"]["services"]["entries"]
    low, high = entries.type.range()
    return [entries[index].dereference() for index in range(low, high + 1) if int(entries[index])]


# ---- Names of places ----

def symbol_file(name):
    """The file with the symbols of a program or server, or None."""
    folders = ["build/programs", "build/services", "build/tests", "build/tools"]
    for path in [os.path.join(folder, name + ".debug") for folder in OWN + folders]:
        if os.path.exists(path):
            # Absolute, which is how GDB names what it has loaded.
            return os.path.abspath(path)
    return None


def module_file(name):
    for folder in OWN + ["build/modules", "build/services", "build/tests"]:
        path = os.path.join(folder, name + ".so.debug")
        if os.path.exists(path):
            # Absolute, which is how GDB names what it has loaded.
            return os.path.abspath(path)
    return None


def tool(name, arguments, given=None):
    path = os.path.join(TOOLS, name) if TOOLS else name
    return subprocess.run([path] + arguments, input=given, capture_output=True, text=True, check=True).stdout


def describe(places):
    """Texts for places in code: pairs of an address and the task that it is one of. A return address is given less one,
because it may be that of the next function already."""
    files = {}
    ranges = [(int(module["base"]), int(module["pageCount"]) * 4096, text(module["name"])) for module in modules()]
    for address, task in places:
        file, base = None, 0
        if address >= KERNEL_HALF:
            file = KERNEL
            for start, length, name in ranges:
                if start <= address < start + length:
                    file, base = module_file(name), start
        elif address < SYSTEM_CALL_PAGE and task is not None:
            file = symbol_file(process_name(task))
        files.setdefault(file, []).append((address, base))
    known = {}
    for file, addresses in files.items():
        if file is None:
            continue
        queries = ["0x%x" % (address - base) for address, base in addresses]
        try:
            answers = tool("llvm-symbolizer", ["-f", "-i", "--obj=" + file] + queries).strip().split("\n\n")
            answers = tool("swift-demangle", ["-compact", "-simplified"], "\n\n".join(answers) + "\n")
        except (OSError, subprocess.CalledProcessError):
            continue
        for (address, _), answer in zip(addresses, answers.strip().split("\n\n")):
            lines = answer.split("\n")
            # Inlined functions come first, each with its line; the last pair is the function that was called.
            line = lines[-1].rsplit(":", 1)[0]
            line = os.path.relpath(line.rsplit(":", 1)[0]) + ":" + line.rsplit(":", 1)[1] if ":" in line else line
            if lines[0] != "??":
                known[address] = lines[-2] + ("" if line.startswith("?") else "  " + line)
    result = []
    for address, _ in places:
        name = "the system-call page" if SYSTEM_CALL_PAGE <= address < KERNEL_HALF else known.get(address)
        if name is None and address >= KERNEL_HALF:
            name = gdb.execute("info symbol 0x%x" % address, to_string=True).split(" in section")[0].strip()
        result.append(name or "??")
    return result


# ---- The way of a task ----

REGISTERS = ["edi", "esi", "ebp", "esp", "ebx", "edx", "ecx", "eax"]


class Walk:
    """The places that a task's return addresses name, from the innermost on, and its registers at its last entry."""

    def __init__(self, task, is_current):
        self.task = task
        self.places = []
        # The same, as `describe` takes them.
        self.calls = []
        self.registers = {}
        self.has_left_module = False
        self.entries = {name: self.extent(name) for name in [
            "trap_common", "system_call", "sysenter_entry", "direct_entry_separate", "direct_entry_shared",
            "direct_entry_guarded"]}
        if is_current and register("eip") == label("task_start"):
            self.leave_trap(register("esp"))
            place = None
        elif is_current:
            place, self.frame = register("eip"), register("ebp")
        else:
            stack = int(task["savedStackPointer"])
            place, self.frame = self.word(stack), self.word(stack + 4)
            if place == label("task_start"):
                self.leave_trap(stack + 4)
                place = None
        if place is not None:
            self.add(place, is_return=False)
            if place < KERNEL_HALF and is_current:
                for name in REGISTERS:
                    self.registers[name] = register(name)
                self.registers["eip"] = place
            self.enter_asm(place)
        for _ in range(64):
            if not self.step():
                break

    def word(self, address):
        return task_word(self.task, address) or 0

    @property
    def own(self):
        """The innermost place in the task's own code, as `describe` takes it."""
        return next((call for call in self.calls if call[0] < SYSTEM_CALL_PAGE), None)

    def add(self, place, is_return=True):
        self.places.append(place)
        self.calls.append((place - 1 if is_return and place > 0 and place != SYSTEM_CALL_PAGE else place, self.task))

    def extent(self, name):
        start = label(name)
        ends = {"trap_common": "task_start", "system_call": "module_door_cut", "sysenter_entry": "direct_entry_separate",
                "direct_entry_separate": "direct_entry_shared", "direct_entry_shared": "direct_entry_guarded",
                "direct_entry_guarded": "double_fault_entry"}
        return range(start, label(ends[name]))

    def is_in(self, name, place):
        return place in self.entries[name]

    def enter_asm(self, place):
        """Stopped at the first instruction of an entry: what is below is the task's own."""
        if place == label("sysenter_entry"):
            self.leave_page(self.frame)

    def leave_trap(self, frame):
        """Goes on behind a trap frame."""
        for index, name in enumerate(REGISTERS):
            self.registers[name] = self.word(frame + 4 * index)
        self.registers["eip"], self.registers["cs"] = self.word(frame + 40), self.word(frame + 44)
        if self.registers["cs"] != 8:
            self.registers["esp"] = self.word(frame + 52)
        self.add(self.registers["eip"], is_return=False)
        self.frame = self.registers["ebp"]

    def leave_page(self, stack):
        """Goes on behind the system-call page, which pushed EBP, EDX and ECX above its return address."""
        self.add(SYSTEM_CALL_PAGE)
        self.registers["eip"], self.registers["esp"] = self.word(stack + 12), stack + 16
        self.add(self.registers["eip"])
        self.frame = self.word(stack)
        self.registers["ebp"] = self.frame

    def leave_call(self, saved):
        """Goes on behind a system call, whose caller's registers lie at `saved`."""
        for index, name in enumerate(REGISTERS):
            self.registers[name] = self.word(saved + 4 * index)
        entry = self.word(saved - 4)
        self.add(entry)
        if self.is_in("sysenter_entry", entry):
            return self.leave_page(self.registers["ebp"])
        # From Ring 0 the page left EFLAGS and its return address on the task's stack.
        stack = saved + 32 if self.is_in("direct_entry_shared", entry) else self.word(saved + 32)
        self.add(SYSTEM_CALL_PAGE)
        self.registers["eip"], self.registers["esp"] = self.word(stack + 4), stack + 8
        self.add(self.registers["eip"])
        self.frame = self.registers["ebp"]

    def leave_module(self):
        """Goes on behind the first frame of a module, which is on a stack of its own."""
        edge = int(self.task["moduleEdge"])
        if not edge or self.has_left_module:
            return False
        self.has_left_module = True
        if self.is_in("system_call", self.places[-1]):
            self.leave_call(edge + 4)
        else:
            # Behind what module_call pushed.
            self.frame = self.word(edge + 20)
            self.add(self.word(edge + 24))
        return True

    def step(self):
        if self.frame == 0 and self.places and self.places[-1] >= KERNEL_HALF:
            return self.leave_module()
        if self.frame < 0x1000 or self.frame & 3 or self.frame > 0xFFFFFFF0:
            return False
        place = task_word(self.task, self.frame + 4)
        if not place:
            return False
        self.add(place)
        if self.is_in("trap_common", place):
            self.leave_trap(self.word(self.frame + 8))
        elif self.is_in("system_call", place):
            saved = self.word(self.frame)
            self.leave_call(saved)
        else:
            above = self.word(self.frame)
            if above and above <= self.frame and (above >= KERNEL_HALF) == (self.frame >= KERNEL_HALF):
                return False
            self.frame = above
        return True
