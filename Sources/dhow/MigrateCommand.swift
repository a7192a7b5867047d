// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backends
import Commands

/// `dhow migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to this binary; --check only says what would run.")

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Change nothing; exit 2 when something would run.") var check = false

    func run() async throws {
        let platform = try await Storage(settings: try options.settings())
        let migrator = Migrator(Schema.migrations)
        let steps = check ? try await migrator.pending(in: platform.database) : try await migrator.migrate(platform.database)
        await platform.database.close()
        if steps.isEmpty { return print("The schema is up to date.") }
        for step in steps { print("\(check ? "would run" : "ran") \(step.capability) \(step.migration.number): \(step.migration.name)") }
        if check { throw ExitCode(2) }
    }
}
