// SPDX-License-Identifier: Apache-2.0

import Backends

/// The text that one DuckDB process reads and runs.
///
/// Three parts. Settings and views, where the first error ends the process. Then all that reaches outside is switched off and settings are
/// locked, which the process cannot undo. Then the queries, each as the text of a literal in hexadecimal digits, handed to `query()`, which
/// takes exactly one `SELECT`: nothing that a person wrote is read by the program's own reader of lines and statements.
struct DuckDBScript {
    private(set) var text = ""
    private let marker: String

    /// - Parameters:
    ///   - marker: Letters and digits that nobody can guess: what separates errors of queries.
    ///   - folder: Absolute, the process's working folder.
    init(limits: AnalyticalLimits, marker: String, folder: String) {
        self.marker = marker
        text = """
            .mode jsonlines
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET allow_community_extensions = false;
            SET memory_limit = '\(limits.memoryBytes)B';
            SET threads = \(limits.threads);
            SET temp_directory = \(Self.literal(folder + "/spill"));
            SET max_temp_directory_size = '\(limits.diskBytes)B';
            SET enable_progress_bar = false;
            SET TimeZone = 'UTC';

            """
    }

    /// Text as a literal of SQL.
    static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    static func list(_ texts: [String]) -> String { "[" + texts.map(literal).joined(separator: ", ") + "]" }

    /// A statement of the platform's own.
    mutating func add(_ statement: String) { text += statement + ";\n" }

    /// A statement of the platform's own whose rows go to a file of the working folder.
    mutating func add(_ statement: String, to file: String) {
        text += ".output \(file)\n\(statement);\n.output\n"
    }

    mutating func view(_ relation: AnalyticalRelation, in folder: String) {
        let name = "\"" + relation.name.replacing("\"", with: "\"\"") + "\""
        let files = Self.list(relation.table.files.map { "\(folder)/\($0)" })
        let columns = relation.projection.isEmpty ? "*" : relation.projection.joined(separator: ", ")
        let rows = relation.projection.isEmpty ? "" : ", file_row_number = true"
        // Names of folders are no columns.
        add("CREATE VIEW \(name) AS SELECT \(columns) FROM read_parquet(\(files), hive_partitioning = false\(rows))")
    }

    /// From here on only `files` can be read, and nothing written but what goes to the temporary folder.
    mutating func lock(allowing files: [String]) {
        add("SET allowed_paths = \(Self.list(files))")
        add("SET enable_external_access = false")
        add("SET lock_configuration = true")
        text += ".bail off\n"
    }

    mutating func query(_ query: AnalyticalQuery, number: Int) {
        let hexadecimal = query.sql.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        add(
            "SELECT left(CAST(COLUMNS('(.*)') AS VARCHAR), \(AnalyticalOutcome.maximumLength)) AS '\\0' "
                + "FROM query(decode(from_hex('\(hexadecimal)'))) LIMIT \(query.maximumRows)", to: Self.resultFile(number))
        add("SELECT error('\(marker)-\(number)')")
    }

    static func resultFile(_ number: Int) -> String { "rows-\(number)" }

    /// What was said about each query, by number; a query with no entry was not finished.
    static func errors(in log: String, marker: String) -> [Int: String] {
        var errors: [Int: String] = [:]
        var lines: [Substring] = []
        for line in log.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let place = line.firstRange(of: "\(marker)-") else {
                lines.append(line)
                continue
            }
            if let number = Int(line[place.upperBound...].prefix { $0.isNumber }) {
                errors[number] = lines.joined(separator: "\n")
            }
            lines = []
        }
        return errors
    }
}
