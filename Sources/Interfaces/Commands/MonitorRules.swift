// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

/// `dhow monitor rules`
struct MonitorRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show what each rule of a monitor has done: windows, breaches, incidents, precision.")

    @OptionGroup var options: ClientOptions
    @Argument var monitor: String

    func run() async throws {
        let page: Page<RuleRecordAnswer> = try await options.client().get("/api/v1/monitors/\(monitor)/rules")
        if options.json { return try Output.json(page.items) }
        Output.table(
            ["rule", "windows", "breaches", "incidents", "false alarms", "precision"],
            page.items.map {
                [
                    $0.rule, "\($0.windows)", "\($0.breaches)", "\($0.incidents)", "\($0.falseAlarms)",
                    $0.precision.map { "\(($0 * 1000).rounded() / 1000)" } ?? "-",
                ]
            })
    }
}

/// `dhow monitor expectation`
struct MonitorExpectation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expectation", abstract: "Show how many false alarms a month each rule gives, by replay of the baseline.")

    @OptionGroup var options: ClientOptions
    @Argument var monitor: String

    func run() async throws {
        let page: Page<ExpectationAnswer> = try await options.client().get("/api/v1/monitors/\(monitor)/expectation")
        if options.json { return try Output.json(page.items) }
        if page.items.isEmpty { print("The baseline has too few rows to replay windows from.") }
        for item in page.items { print("\(item.rule): \(item.statement)") }
    }
}
