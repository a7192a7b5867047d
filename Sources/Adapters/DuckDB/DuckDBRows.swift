// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The rows of a Parquet file as CSV, straight from DuckDB's program as it reads: nothing is kept, so a file may be as large as it likes.
///
/// The program may read this one file and write to its output, with one thread and 192 MiB; extensions and settings are switched off before
/// the file is opened.
package struct DuckDBRows: Sendable {
    private static let chunk = 1 << 20

    private let program: DuckDBProgram

    package init(program: DuckDBProgram) {
        self.program = program
    }

    /// - Throws: `Problem` `.unavailable` without the program, `.invalid` for a file that it cannot read, and what `body` throws.
    package func each(of path: String, _ body: ([UInt8]) throws -> Void) throws {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        let process = Process()
        process.executableURL = URL(filePath: try program.require())
        process.arguments = ["-no-init", "-batch", "-no-stdin", "-c", Self.script(file)]
        process.environment = ["HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"]
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        do {
            try process.run()
        } catch {
            throw Problem(.unavailable, "analysis.duckdb.broken", "DuckDB's program could not be started.")
        }
        do {
            while let data = try output.fileHandleForReading.read(upToCount: Self.chunk), !data.isEmpty { try body(Array(data)) }
        } catch {
            process.terminate()
            process.waitUntilExit()
            throw error
        }
        let said = try errors.fileHandleForReading.read(upToCount: Self.chunk) ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0, process.terminationReason == .exit else {
            let error = DuckDBError(String(decoding: said, as: UTF8.self))
            throw Problem(
                .invalid, "analysis.file.unreadable", "'\(path.printable)' cannot be read as Parquet.",
                why: error?.fileFault ?? "DuckDB's program ended without saying why.")
        }
    }

    private static func script(_ file: String) -> String {
        """
        SET autoinstall_known_extensions = false; SET autoload_known_extensions = false; SET allow_community_extensions = false; \
        SET memory_limit = '192MB'; SET threads = 1; SET TimeZone = 'UTC'; \
        SET allowed_paths = \(DuckDBScript.list([file, "/dev/stdout"])); SET enable_external_access = false; \
        SET lock_configuration = true; \
        COPY (SELECT * FROM read_parquet(\(DuckDBScript.literal(file)), hive_partitioning = false)) TO '/dev/stdout' (FORMAT csv, HEADER);
        """
    }
}
