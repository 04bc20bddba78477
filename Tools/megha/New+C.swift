// The beginnings of a program in C.

import ArgumentParser
import Foundation

extension New {
  enum Language: String, ExpressibleByArgument, CaseIterable {
    case swift, c
  }

  /// The files of a program in C, by name.
  func programInC(_ command: String) -> [String: String] {
    ["\(name).c": sourceInC(), "README.md": readmeInC(command)]
  }

  private func sourceInC() -> String {
    """
    #include "megha_program.h"

    int main(int argc, char **argv) {
      megha_print("\(name.capitalized) runs in Ring %u.\\n", megha_ring());
      for (int index = 1; index < argc; index++) megha_print("argument %d: %s\\n", index, argv[index]);
      return 0;
    }

    """
  }

  private func readmeInC(_ command: String) -> String {
    """
    # \(name)

    A program in C for Megha. Build it, and run it in either ring:

        \(command) build \(name)
        \(command) run --add \(name)/build/\(name) --script "/extra/\(name) one two; run --ring0 /extra/\(name); exit 0"

    `docs/c.md` of the tree says what there is to include.

    """
  }
}
