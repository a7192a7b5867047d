// SPDX-License-Identifier: Apache-2.0

package import Foundation

extension DemoReport {
    package init(json: Data) throws {
        self = try JSONDecoder().decode(DemoReport.self, from: json)
    }

    /// Members in alphabetical order, indented.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Writes `report.json` and `report.html` into the folder, which is made if need be.
    package func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try json().write(to: folder.appending(path: "report.json"), options: .atomic)
        try Data(DemoPage(report: self).html.utf8).write(to: folder.appending(path: "report.html"), options: .atomic)
    }
}
