// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

/// `dhow monitor labels`
struct MonitorLabels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels", abstract: "Show how labels arrive, which cohorts have theirs, and what never gets one.",
        discussion: "Cohorts are by the time that predictions are about: the windows of the monitor's schedule, else days.")

    @OptionGroup var options: ClientOptions
    @Argument var monitor: String
    @Option(help: "Begin of the span, such as 2013-03-01 or 2013-03-01T00:00:00Z; the last 30 cohorts when not named.") var start:
        WindowTime?
    @Option(help: "End of the span, not part of it.") var end: WindowTime?

    func validate() throws {
        guard (start == nil) == (end == nil) else { throw ValidationError("Give both --start and --end, or neither.") }
    }

    func run() async throws {
        let answer: LabelReportAnswer = try await options.client().get(
            "/api/v1/monitors/\(monitor)/labels", ["start": start.map { "\($0.milliseconds)" }, "end": end.map { "\($0.milliseconds)" }])
        if options.json { return try Output.json(answer) }
        if let coverage = answer.usualCoverage, let delay = answer.usualDelaySeconds {
            print("Usually \(percent(coverage)) of the predictions get a label; 95 % of those have it after \(Self.age(delay)).")
        } else {
            print("What is usual is not known yet.")
        }
        for point in answer.curve { print("  \(Self.age(Int64(point.seconds))): \(percent(point.share))") }
        Output.table(
            ["start", "end", "rows", "labelled", "waiting", "missing", "coverage", "state", "positive", "log loss"],
            answer.cohorts.map {
                [
                    Output.time($0.windowStart), Output.time($0.windowEnd), "\($0.rows)", "\($0.labelled)", "\($0.waiting)",
                    "\($0.missing)",
                    percent($0.coverage), $0.maturity, $0.positiveRate.map(percent) ?? "-",
                    $0.logLoss.map { "\(($0 * 10_000).rounded() / 10_000)" } ?? "-",
                ]
            })
        if let gaps = answer.gaps {
            print(
                "\(gaps.missing) rows of mature cohorts have no label, "
                    + (gaps.isAtRandom ? "like the \(gaps.labelled) others as far as can be seen." : "and not at random:"))
            for difference in gaps.differences { print("  \(difference.subject): \(difference.statement)") }
        }
        if answer.unknown > 0 { print("\(answer.unknown) labels of the last 30 days are for predictions that are not in the log.") }
    }

    private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

    /// In the largest unit that it is a whole number of.
    private static func age(_ seconds: Int64) -> String {
        for (length, unit) in [(86_400, "d"), (3600, "h"), (60, "min")] as [(Int64, String)] where seconds % length == 0 && seconds > 0 {
            return "\(seconds / length) \(unit)"
        }
        return "\(seconds) s"
    }
}
