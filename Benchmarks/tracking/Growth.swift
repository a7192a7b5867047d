// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How Dhow's cost grows with what is stored: the same scenarios on a fresh server for each size.
struct Growth {
    let sizes: [Int]
    let engine: Contender.Engine
    let folder: URL
    let postgres: String?
    let seconds: Double

    func run() throws {
        var rows: [String: [LoadResult]] = [:]
        var names: [String] = []
        for size in sizes {
            let parent = folder.appending(path: "growth_\(size)")
            let contender = try Contender(.dhow, engine, in: parent, postgres: postgres)
            try contender.start()
            defer { contender.stop() }
            let scale = Scale(seconds: seconds, runs: size, history: size, versions: size)
            let fill = Fill(contender: contender)
            try fill.runs(size)
            try fill.history(size)
            try fill.versions(size)
            try fill.experiments(max(1_000, size))
            for scenario in Scenario.reading(scale) + Scenario.writing(scale) {
                // The same name for every size.
                let name = scenario.name.replacing(" \(size) ", with: " n ")
                if !names.contains(name) { names.append(name) }
                rows[name, default: []].append(try scenario.run(contender, 0))
            }
        }
        say("\nDhow on \(engine), by the number n of rows: CPU ms, and p50 / p99 ms, of a request")
        say("  " + columns([""] + sizes.map { "\($0)" }))
        for name in names {
            say("  " + columns([name] + (rows[name] ?? []).map { format($0.cpuMilliseconds) }))
            say("  " + columns([""] + (rows[name] ?? []).map { "\(format($0.quantile(0.5)))/\(format($0.quantile(0.99)))" }))
        }
    }
}
