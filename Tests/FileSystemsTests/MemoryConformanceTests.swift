// The file system in memory against the model that ext2 is tested with.

import ABI
import FileSystems
import Testing

@Suite struct MemoryConformanceTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>) func randomRequests(seed: UInt64) throws {
    var files = MemoryFileSystem()
    let run = try conformance(&files, seed: seed, steps: 1000) { run in
      run.sizeLimit = 100_000
      run.targetLimit = 200
      run.countsDirectories = false
    }
    #expect(run.successes > 400)
  }
}
