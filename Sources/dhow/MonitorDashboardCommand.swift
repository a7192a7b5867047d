// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Monitoring

/// `dhow monitor dashboard`: Grafana's file, without a server.
struct MonitorDashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Print a dashboard of all monitors for Grafana, as JSON.",
        discussion: "Import the file in Grafana, and choose the Prometheus that reads this server's /metrics.")

    func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(Dashboard.document), as: UTF8.self))
    }
}
