// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow metric …`
package struct MetricCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "metric", abstract: "See the series that runs logged.", subcommands: [History.self])

    package init() {}

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a series of a run in order.",
            discussion: "A series with more points than wanted is thinned: its ends and the extremes of each stretch stay.")

        @OptionGroup var options: ClientOptions
        @Argument var run: String
        @Argument(help: "Key of the metric.") var key: String
        @Option(help: "How many points at most; 4 to 25,000.") var points = 100
        @Flag(help: "Every point, however many.") var all = false

        func run() async throws {
            let client = try options.client()
            let place = path(["runs", run, "metrics"] + key.segments)
            if all {
                let points = try await client.items(place, limit: .max, as: MetricPointBody.self)
                return try print(MetricSeriesAnswer(key: key, count: points.count, points: points))
            }
            try print(try await client.get(place, ["points": "\(points)"]))
        }

        private func print(_ series: MetricSeriesAnswer) throws {
            if options.json { return try Output.json(series) }
            Output.table(
                ["step", "time", "value"], series.points.map { ["\($0.step)", Output.time($0.time), Output.number($0.value)] })
            if series.points.count < series.count {
                Swift.print("\n\(series.points.count) of \(series.count) points: the ends and extremes. --all shows every one.")
            }
        }
    }
}

extension Output {
    /// As short as it can be read back; `NaN` for nil.
    static func number(_ value: Double?) -> String {
        guard let value else { return "NaN" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
