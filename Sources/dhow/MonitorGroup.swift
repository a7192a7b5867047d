// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Commands

/// `dhow monitor …`: what asks a server, and what needs none.
struct MonitorGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: MonitorCommands.configuration.abstract,
        subcommands: [MonitorRunCommand.self, MonitorDashboardCommand.self] + MonitorCommands.configuration.subcommands)
}
