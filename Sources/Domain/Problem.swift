// SPDX-License-Identifier: Apache-2.0

/// A refusal or failure as the caller sees it: what happened, why, and how to make it succeed.
///
/// Texts carry no secrets, personal values or SQL. `code` is stable and meant for programs: `capability.noun.reason`.
package struct Problem: Error, Equatable, Sendable, Codable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case invalid, unauthenticated, forbidden, notFound, conflict, rejected, exhausted, unavailable, `internal`
        /// A request body or item beyond its documented bound.
        case tooLarge
        /// The disk or quota cannot take the write; reads go on.
        case storageFull
    }

    package var kind: Kind
    package var code: String
    package var what: String
    package var why: String?
    package var fix: String?
    /// All that is wrong, each with its place, when what was sent has many parts.
    package var faults: [Fault]?

    package init(
        _ kind: Kind, _ code: String, _ what: String, why: String? = nil, fix: String? = nil, faults: [Fault]? = nil
    ) {
        self.kind = kind
        self.code = code
        self.what = what
        self.why = why
        self.fix = fix
        self.faults = faults
    }
}

extension Problem {
    /// One of several things that are wrong, at its place in a file; line and column count from 1.
    package struct Fault: Codable, Equatable, Sendable {
        package var file: String
        package var line: Int
        package var column: Int
        package var kind: Kind
        package var code: String
        package var what: String
        package var why: String?
        package var fix: String?

        package init(
            file: String, line: Int, column: Int, kind: Kind, code: String, what: String, why: String? = nil, fix: String? = nil
        ) {
            self.file = file
            self.line = line
            self.column = column
            self.kind = kind
            self.code = code
            self.what = what
            self.why = why
            self.fix = fix
        }
    }
}

extension Problem: CustomStringConvertible {
    package var description: String {
        ([what, why, fix] as [String?]).compactMap(\.self).joined(separator: " ")
    }
}
