// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CI
import Commands
import Domain
import Foundation

/// The one binary: a server, and the command line that talks to one.
@main
struct Dhow: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "dhow", abstract: "Carry a model through its whole life, with a trail anyone can check.",
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Server:",
                subcommands: [
                    ServeCommand.self, MigrateCommand.self, DoctorCommand.self, KeyCommands.self, BlobCommands.self, DemoCommand.self,
                    ExportCommand.self, ImportCommands.self, RetentionCommands.self,
                ]),
            CommandGroup(
                name: "Documents:",
                subcommands: [
                    PlanCommand.self, ApplyCommand.self, DriftCommand.self, DeleteCommand.self, DocumentCommands.self, SchemaCommand.self,
                ]),
            CommandGroup(name: "Identity:", subcommands: [TokenCommands.self, BindingCommands.self]),
            CommandGroup(name: "Evidence:", subcommands: [LedgerCommands.self, LineageCommands.self]),
            CommandGroup(
                name: "Data and training:",
                subcommands: [
                    ExperimentCommands.self, RunCommands.self, MetricCommands.self, ArtifactCommands.self, LoggedModelCommands.self,
                    TraceCommands.self, EvaluationDatasetCommands.self, DatasetCommands.self, SnapshotCommands.self, ContractCommands.self,
                    PipelineCommands.self,
                    ExecutionCommands.self, TriggerCommands.self, BackfillCommands.self, CICommands.self,
                ]),
            CommandGroup(name: "Models:", subcommands: [ModelCommands.self, VersionCommands.self, AliasCommands.self]),
            CommandGroup(
                name: "Delivery:",
                subcommands: [
                    GateCommands.self, ApprovalCommands.self, EnvironmentCommands.self, ReleaseCommands.self, RolloutCommands.self,
                ]),
            CommandGroup(
                name: "Serving and monitoring:",
                subcommands: [
                    EndpointCommands.self, PredictionCommands.self, LabelCommands.self, FeatureCommands.self, MonitorGroup.self,
                    ProfileCommands.self,
                    SecretCommands.self,
                    IncidentCommands.self,
                    WebhookCommands.self, StreamCommands.self,
                ]),
        ])

    /// Exits with the statuses of `docs/cli.md`; a refusal never looks like a malfunction.
    static func main() async {
        do {
            var command = try parseAsRoot()
            // Before anything runs that a thread of Swift's own pool would take up.
            if command is ServeCommand { ServerThreads.install() }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let problem as Problem {
            Output.complain(problem)
            Foundation.exit(problem.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}
