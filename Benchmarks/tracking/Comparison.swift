// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs every scenario against every contender in interleaved rounds, so that what disturbs the machine disturbs all of them.
final class Comparison {
    private let contenders: [Contender]
    private let scale: Scale
    private let rounds: Int
    private var results: [String: [String: LoadResult]] = [:]
    private var names: [String] = []

    init(_ contenders: [Contender], _ scale: Scale, rounds: Int) {
        self.contenders = contenders
        self.scale = scale
        self.rounds = rounds
    }

    func run() throws {
        for contender in contenders {
            try contender.start()
            say("\(contender.name): started in \(format(contender.startSeconds)) s, \(format(contender.idleMemory)) MiB")
            let fill = Fill(contender: contender)
            try fill.runs(scale.runs)
            try fill.history(scale.history)
            try fill.versions(scale.versions)
            try fill.experiments(Fill.experiments)
        }
        for scenario in Scenario.reading(scale) + Scenario.writing(scale) + Scenario.artifacts(scale) {
            names.append(scenario.name)
            for round in 0..<rounds {
                for contender in round.isMultiple(of: 2) ? contenders : contenders.reversed() {
                    let result = try scenario.run(contender, round)
                    results[scenario.name, default: [:]][contender.name] =
                        results[scenario.name]?[contender.name].map { $0 + result } ?? result
                }
            }
            report(scenario.name)
        }
        reportProcesses()
    }

    private func report(_ scenario: String) {
        say("\n\(scenario)")
        say("  " + columns(["", "requests/s", "CPU ms", "p50 ms", "p99 ms", "stock's CPU / Dhow's", "Dhow's rate / stock's"]))
        for contender in contenders {
            guard let result = results[scenario]?[contender.name] else { continue }
            var cells = [
                contender.name, format(result.rate), format(result.cpuMilliseconds), format(result.quantile(0.5)),
                format(result.quantile(0.99)),
            ]
            if contender.product == .stock, let own = results[scenario]?["dhow \(contender.engine)"] {
                cells += [format(result.cpuMilliseconds / own.cpuMilliseconds), format(own.rate / result.rate)]
            }
            say("  " + columns(cells))
        }
    }

    private func reportProcesses() {
        say("\nprocesses, memory and start")
        say("  " + columns(["", "processes", "idle MiB", "after MiB", "first start s", "later start s"]))
        for contender in contenders {
            let (count, after, first, idle) = (
                contender.tree.count(), contender.tree.memory(), contender.startSeconds, contender.idleMemory
            )
            contender.stop()
            let again = (try? contender.start()).map { contender.startSeconds }
            contender.stop()
            say("  " + columns([contender.name, "\(count)", format(idle), format(after), format(first), again.map(format) ?? "-"]))
        }
    }
}

/// Prints a line at once, also into a pipe: a benchmark is long.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Four significant digits.
func format(_ number: Double) -> String {
    let digits = number >= 1_000 ? 0 : number >= 100 ? 1 : number >= 10 ? 2 : number >= 1 ? 3 : 4
    return String(format: "%.\(digits)f", number)
}

/// The first as wide as the longest name, the rest to the right.
func columns(_ cells: [String]) -> String {
    cells.enumerated().map { index, cell in
        let width = index == 0 ? 32 : max(12, 22 * (index / 5))
        let space = String(repeating: " ", count: max(1, width - cell.count))
        return index == 0 ? cell + space : space + cell
    }.joined()
}
