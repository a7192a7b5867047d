// SPDX-License-Identifier: Apache-2.0

/// SQL over files of rows, in a dialect close to PostgreSQL's. Implementation: `DuckDBEngine`.
///
/// Queries may come from people: whatever they say, they read the tables they are given and nothing else, change nothing, and end within
/// their limits.
package protocol AnalyticalEngine: Sendable {
    /// With its version, such as `duckdb 1.5.6`.
    var name: String { get }

    /// Reads files once, whole, and keeps their rows in the folder in a form that can be asked again and again.
    ///
    /// - Throws: `Problem` `.invalid` `analysis.file.unreadable` when the files do not hold what they should, without repeating their
    ///   content; `.rejected` `analysis.limit.reached` when a limit is too small for them.
    func load(_ source: AnalyticalSource, as name: String, in folder: AnalysisFolder, limits: AnalyticalLimits) async throws
        -> AnalyticalTable

    /// Answers each query by itself, in order: one that fails does not keep the others from theirs.
    func answer(
        _ queries: [AnalyticalQuery], over relations: [AnalyticalRelation], in folder: AnalysisFolder, limits: AnalyticalLimits
    ) async throws -> AnalyticalAnswer
}

/// Files of one folder that make one table together.
package struct AnalyticalSource: Sendable, Equatable {
    package enum Format: Sendable, Equatable {
        /// RFC 4180 with a header line, UTF-8, also compressed with gzip when named `….gz`; all columns are text, empty fields are null.
        case csv(columns: [String])
        case parquet
    }

    package var format: Format
    /// Names in the folder.
    package var files: [String]

    package init(_ format: Format, files: [String]) {
        self.format = format
        self.files = files
    }
}

/// Rows that an engine has read.
package struct AnalyticalTable: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        package var name: String
        /// As the engine names it, such as `BIGINT`.
        package var type: String

        package init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    package var columns: [Column]
    package var rowCount: Int64
    /// The engine's own files, names in the folder.
    package var files: [String]
    /// What reading them took.
    package var processorTime: Duration
    package var peakMemoryBytes: Int64

    package init(
        columns: [Column], rowCount: Int64, files: [String], processorTime: Duration = .zero, peakMemoryBytes: Int64 = 0
    ) {
        self.columns = columns
        self.rowCount = rowCount
        self.files = files
        self.processorTime = processorTime
        self.peakMemoryBytes = peakMemoryBytes
    }
}

/// A table under the name that queries know it by.
package struct AnalyticalRelation: Sendable {
    package var name: String
    package var table: AnalyticalTable
    /// What is selected of the table; written by the platform, never by people. All its columns when empty.
    package var projection: [String]

    package init(_ name: String, _ table: AnalyticalTable, projection: [String] = []) {
        self.name = name
        self.table = table
        self.projection = projection
    }
}

/// One query of a person or the platform.
package struct AnalyticalQuery: Sendable {
    /// One `SELECT`.
    package var sql: String
    package var maximumRows: Int

    package init(_ sql: String, maximumRows: Int = 1) {
        self.sql = sql
        self.maximumRows = maximumRows
    }
}

/// What one call of an engine may use.
package struct AnalyticalLimits: Sendable, Equatable {
    /// Of the engine's own account; what is more goes to the disk.
    package var memoryBytes: Int64 = 1 << 30
    package var threads = 2
    package var seconds = 300
    /// Of files that the engine makes.
    package var diskBytes: Int64 = 16 << 30

    package init() {}
}

package struct AnalyticalAnswer: Sendable {
    /// One for each query.
    package var outcomes: [AnalyticalOutcome]
    package var processorTime: Duration
    package var peakMemoryBytes: Int64

    package init(outcomes: [AnalyticalOutcome], processorTime: Duration, peakMemoryBytes: Int64) {
        self.outcomes = outcomes
        self.processorTime = processorTime
        self.peakMemoryBytes = peakMemoryBytes
    }
}

package enum AnalyticalOutcome: Sendable, Equatable {
    /// Values as text, at most `AnalyticalOutcome.maximumLength` characters of each; nil is null.
    case rows([[String: String?]])
    /// The query's own fault; `kind` such as `Binder Error`. The message may repeat values of the tables.
    case failed(kind: String, message: String)
    /// A limit ended the work in this query.
    case stopped(by: AnalyticalLimit)
    /// The work had ended before this query's turn.
    case skipped

    package static let maximumLength = 2_000
}

package enum AnalyticalLimit: String, Sendable, Codable, CaseIterable {
    case time, memory, disk
    /// The engine's process ended without saying why.
    case unknown
}
