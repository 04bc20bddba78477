// What QEMU loads into itself: the plugins that profile and count.

extension Graph {
  /// The plugins run in QEMU, on the host; they are Embedded Swift, so that they bring no run-time library with them.
  mutating func addPlugins() {
    let folder = "Tools/ProfilerPlugin"
    file.build(
      ["build/profiler/version.o"], rule: "c", inputs: ["\(folder)/version.c"], variables: ["flags": "-fPIC"])
    let profiler = ["\(folder)/Plugin.swift", "Tools/Profiler/TraceFormat.swift"]
    addPlugin(TargetBuild.profilerPlugin, sources: profiler, headers: "\(folder)/include")
    addPlugin(
      TargetBuild.counterPlugin, sources: ["Tools/CounterPlugin/Counter.swift"], headers: "\(folder)/include")
  }

  private mutating func addPlugin(_ output: String, sources: [String], headers: String) {
    let object = "\(output).o"
    file.build(
      [object], rule: "plugin", inputs: sources, implicit: Sources.find(in: headers, root: build.root).headers,
      variables: ["flags": command(Flags.plugin(headers: headers))])
    file.build(
      [output], rule: "link", inputs: [object, "build/profiler/version.o"],
      variables: ["flags": "-shared -Bsymbolic"])
  }
}
