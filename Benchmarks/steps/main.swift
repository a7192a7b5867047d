// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

// `bench-steps [COUNT] [AT-ONCE] [CASE…]` measures what one step costs beyond its own work; cases: plain limited sandbox.

let arguments = Array(CommandLine.arguments.dropFirst())
guard let count = Int(arguments.first ?? "1000"), let width = Int(arguments.dropFirst().first ?? "4"), count > 0, width > 0 else {
    FileHandle.standardError.write(Data("usage: bench-steps [COUNT] [AT-ONCE] [plain|limited|sandbox]…\n".utf8))
    exit(64)
}
let root = NSTemporaryDirectory() + "/bench-steps-\(getpid())"
try FileManager.default.createDirectory(atPath: root + "/work", withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: root) }
// Those of the launcher's processes that outlive it would be another's children; this way they are counted here.
let runner = try ProcessStepRunner(folder: root + "/attempts")
let load = StepLoad(runner: runner, workingFolder: root + "/work")

print("\(count) times /bin/true, \(width) at once")
print(try Floor.measure(count))
let cases = arguments.dropFirst(2)
for kind in StepLoad.Kind.allCases where cases.isEmpty || cases.contains(kind.rawValue) {
    print(try await load.measure(kind, count: count, width: width))
}
