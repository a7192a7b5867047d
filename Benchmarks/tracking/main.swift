// SPDX-License-Identifier: Apache-2.0

import Foundation

// bench-tracking [compare|growth|plans]…: all of them when none is named. See README.md.

let environment = ProcessInfo.processInfo.environment
let wanted = Set(CommandLine.arguments.dropFirst())
let parts = wanted.isEmpty ? ["compare", "growth", "plans"] : wanted
let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-bench-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
let postgres = environment["DHOW_TEST_POSTGRES"].flatMap { $0 == "off" ? nil : $0 }
let seconds = environment["DHOW_BENCH_SECONDS"].flatMap(Double.init) ?? 3
let engines = (environment["DHOW_BENCH_ENGINES"] ?? "sqlite,postgres").split(separator: ",")
    .compactMap { Contender.Engine(rawValue: String($0)) }
    .filter { $0 == .sqlite || postgres != nil }

let sizes = (environment["DHOW_BENCH_SIZES"] ?? "1000,10000,100000,1000000").split(separator: ",").compactMap { Int($0) }

func compare() throws {
    var contenders: [Contender] = []
    defer { for contender in contenders { contender.stop() } }
    for engine in engines {
        contenders.append(try Contender(.dhow, engine, in: folder, postgres: postgres))
        contenders.append(try Contender(.stock, engine, in: folder, postgres: postgres))
        contenders.append(try Contender(.stock, engine, workers: 1, in: folder, postgres: postgres))
    }
    var scale = Scale()
    scale.seconds = seconds
    if let runs = environment["DHOW_BENCH_RUNS"].flatMap(Int.init) { scale.runs = runs }
    if let size = environment["DHOW_BENCH_ARTIFACT_MIB"].flatMap(Int.init) { scale.artifactMebibytes = size }
    if let steps = environment["DHOW_BENCH_STEPS"].flatMap(Int.init) { scale.history = steps }
    try Comparison(contenders, scale, rounds: 2).run()
}

var status: Int32 = 0
do {
    if parts.contains("compare") { try compare() }
    if parts.contains("growth") {
        for engine in engines {
            try Growth(sizes: sizes, engine: engine, folder: folder, postgres: postgres, seconds: seconds).run()
        }
    }
    if parts.contains("plans") { try await QueryPlans(folder: folder).print() }
} catch {
    FileHandle.standardError.write(Data("bench-tracking: \(error)\n".utf8))
    status = 1
}
try? FileManager.default.removeItem(at: folder)
exit(status)
