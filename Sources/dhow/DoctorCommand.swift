// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backends
import Commands
import Domain
import DuckDB
import Foundation
import LightGBM
import OnnxRuntime
import Postgres
import SQLite
import Serving
import XGBoost

/// `dhow doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for the usual faults of an installation and say how to mend them; exit 1 when one is found.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "Address the server would listen on.") var host: String?
    @Option(help: "Port the server would listen on.") var port: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let settings = try options.settings(adding: ["host": host, "port": port])
        let findings = await Doctor(settings: settings).examine()
        if json {
            try Output.json(findings)
        } else {
            for finding in findings {
                print("\(finding.isSound ? "ok   " : "FAULT") \(finding.subject): \(finding.text)")
                if let fix = finding.fix { print("      fix: \(fix)") }
            }
        }
        if findings.contains(where: { !$0.isSound }) { throw ExitCode(1) }
    }
}

/// Examines an installation without changing it.
struct Doctor {
    /// Below this much free space the disk is nearly full.
    static let leastFreeBytes: Int64 = 2 << 30

    struct Finding: Encodable {
        var subject: String
        var isSound: Bool
        var text: String
        var fix: String?
    }

    let settings: Settings

    func examine() async -> [Finding] {
        [dataFolder(), disk(), keyFile(), port(), await database()] + runtimes() + [modelServer(), duckDB()]
    }

    private func dataFolder() -> Finding {
        let path = settings.dataFolder
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return sound("data folder", "'\(path)' does not exist yet; the first start makes it.")
        }
        guard isFolder.boolValue, access(path, W_OK | X_OK) == 0 else {
            return fault(
                "data folder", "'\(path)' is not a folder this user may write.", "Choose another with --data, or change its owner.")
        }
        return sound("data folder", "'\(path)' is writable.")
    }

    private func disk() -> Finding {
        var path = settings.dataFolder
        while !FileManager.default.fileExists(atPath: path), path != "/" { path = (path as NSString).deletingLastPathComponent }
        var information = statvfs()
        guard statvfs(path, &information) == 0 else {
            return fault("disk", "The free space at '\(path)' is unknown.", "Check that the disk is mounted.")
        }
        let free = Int64(information.f_bavail) * Int64(information.f_frsize)
        let text = "\(free >> 20) MiB free at '\(path)'."
        guard free >= Self.leastFreeBytes else {
            return fault("disk", "Nearly full: \(text)", "Free some space, move the data folder, or run 'dhow blob collect'.")
        }
        return sound("disk", text)
    }

    private func keyFile() -> Finding {
        let path = settings.dataFolder + "/keys.json"
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return sound("key file", "'\(path)' does not exist yet; the first start makes it.")
        }
        guard let mode = attributes[.posixPermissions] as? Int, mode & 0o077 == 0 else {
            return fault("key file", "Others than its owner can read '\(path)'.", "chmod 600 '\(path)', then 'dhow key rotate'.")
        }
        do {
            _ = try KeyFileVault(path: path)
        } catch let problem as Problem {
            return fault("key file", problem.what, problem.fix ?? "Restore it from a backup.")
        } catch {
            return fault("key file", "'\(path)' cannot be used: \(error)", "Restore it from a backup.")
        }
        return sound("key file", "'\(path)' is readable by its owner only.")
    }

    private func port() -> Finding {
        if settings.port == 0 { return sound("port", "A free one will be picked.") }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return fault("port", "No socket can be made.", "Check the limits of this user: ulimit -n.") }
        defer { close(descriptor) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(settings.port).bigEndian
        address.sin_addr.s_addr = inet_addr(settings.host == "localhost" ? "127.0.0.1" : settings.host)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result == 0 { return sound("port", "\(settings.host):\(settings.port) is free.") }
        let reason = errno
        if reason == EADDRINUSE {
            return fault(
                "port", "Another process uses \(settings.host):\(settings.port) (a running Dhow does too).",
                "Stop it, or choose another with --port; --port 0 picks a free one.")
        }
        return fault(
            "port", "\(settings.host):\(settings.port) cannot be used: \(String(cString: strerror(reason))).",
            "Choose another with --host and --port.")
    }

    private func database() async -> Finding {
        let url = settings.databaseURL
        if url.hasPrefix("sqlite:"), !FileManager.default.fileExists(atPath: String(url.dropFirst("sqlite:".count))) {
            return sound("database", "The SQLite file does not exist yet; the first start makes it.")
        }
        do {
            let database = try await Storage.openDatabase(url)
            let pending = try await Migrator(Schema.migrations).pending(in: database)
            await database.close()
            return sound(
                "database",
                pending.isEmpty ? "It answers and its schema is up to date." : "It answers; \(pending.count) migrations would run.")
        } catch let problem as Problem {
            return fault(
                "database", [problem.what, problem.why].compactMap(\.self).joined(separator: " "),
                problem.fix ?? "See docs/configuration.md.")
        } catch {
            return fault("database", "It cannot be opened: \(error)", "See docs/configuration.md.")
        }
    }

    /// Only ONNX Runtime is expected everywhere; that a library of trees is not there is no fault by itself.
    private func runtimes() -> [Finding] {
        let runtimes = LocalRuntimes(settings)
        return [
            library("ONNX Runtime", isNeeded: true) {
                let library = try runtimes.onnxRuntime().library
                return "Version \(library.version)\(library.hasCUDA ? " for graphics cards" : "") at '\(library.path)'."
            },
            library("XGBoost", isNeeded: settings.xgboost != nil) {
                let library = try runtimes.xgboost().library
                return "Version \(library.version) at '\(library.library.path)'."
            },
            library("LightGBM", isNeeded: settings.lightGBM != nil) { "At '\(try runtimes.lightGBM().library.library.path)'." },
        ]
    }

    private func library(_ subject: String, isNeeded: Bool, _ describe: () throws -> String) -> Finding {
        do {
            return sound(subject, try describe())
        } catch {
            let problem = error as? Problem
            let text = problem?.what ?? "It cannot be loaded: \(error)"
            let fix = problem?.fix ?? "make setup"
            return isNeeded ? fault(subject, text, fix) : sound(subject, "\(text) \(fix)")
        }
    }

    /// Models that only MLflow can run need one, nothing else does.
    private func modelServer() -> Finding {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        if let server = settings.modelServers.resolved(path: path) {
            return sound("model servers", "Started with '\(server.command.joined(separator: " "))'.")
        }
        return sound(
            "model servers", "None can be started: MLflow is not in PATH, or they are off. Models that need MLflow are not served.")
    }

    /// Data contracts need it, nothing else does: that it is not there is no fault by itself.
    private func duckDB() -> Finding {
        let program = Platform.duckDBProgram(explicit: settings.duckDB)
        if let path = program.path { return sound("DuckDB", "Its program is '\(path)'.") }
        if settings.duckDB == nil { return sound("DuckDB", "It is not there; data contracts cannot be checked. 'make setup' installs it.") }
        return fault("DuckDB", "There is no program at '\(settings.duckDB ?? "")'.", "Name it with --duckdb, or run 'make setup'.")
    }

    private func sound(_ subject: String, _ text: String) -> Finding { Finding(subject: subject, isSound: true, text: text) }

    private func fault(_ subject: String, _ text: String, _ fix: String) -> Finding {
        Finding(subject: subject, isSound: false, text: text, fix: fix)
    }
}
