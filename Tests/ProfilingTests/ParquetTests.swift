// SPDX-License-Identifier: Apache-2.0
import Domain
import Foundation
import Statistics
import Testing

@testable import Profiling

@Suite("Parquet files that pyarrow wrote")
struct ParquetTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/parquet").path

    private func none(_ path: String, _ chunk: ([UInt8]) throws -> Void) throws {
        throw Problem(.invalid, "test.asked", "The other reader was asked.")
    }

    @Test("give the profile of the same rows as CSV", arguments: ["snappy", "plain", "gzip-v2"])
    func sameAsCSV(name: String) throws {
        let expected = try ProfileFile(Self.folder + "/rows.csv").profile(parquet: none)
        let profile = try ProfileFile(Self.folder + "/\(name).parquet").profile(parquet: none)
        #expect(profile.rowCount == 700 && profile.columns.map(\.name) == expected.columns.map(\.name))
        for (column, wanted) in zip(profile.columns, expected.columns) {
            #expect(column.kind == wanted.kind && column.missing == wanted.missing && column.times == wanted.times, "\(column.name)")
            #expect(column.texts == wanted.texts, "\(column.name)")
            #expect(column.numbers.buckets == wanted.numbers.buckets, "\(column.name)")
        }
    }

    @Test("pair scores with labels row by row", arguments: ["snappy", "plain", "gzip-v2"])
    func pairs(name: String) throws {
        var options = ReadingOptions()
        (options.score, options.label) = ("value", "flag")
        let expected = try ProfileFile(Self.folder + "/rows.csv").profile(options, parquet: none)
        let profile = try ProfileFile(Self.folder + "/\(name).parquet").profile(options, parquet: none)
        #expect(profile.scored?.count == expected.scored?.count && profile.scored?.unpaired == expected.scored?.unpaired)
        let (mean, wanted) = (try #require(profile.scored).absoluteErrors.mean, try #require(expected.scored).absoluteErrors.mean)
        #expect(abs(mean - wanted) < 1e-9 * wanted)
    }

    @Test("go to another reader when they are packed in a way that is not read here", arguments: ["zstd", "nested"])
    func others(name: String) throws {
        let problem = #expect(throws: Problem.self) { try ProfileFile(Self.folder + "/\(name).parquet").profile(parquet: none) }
        #expect(problem?.code == "test.asked")
        let profile = try ProfileFile(Self.folder + "/\(name).parquet").profile { _, chunk in try chunk(Array("a\n1\n".utf8)) }
        #expect(profile.rowCount == 1)
    }

    @Test("are refused when cut off or damaged, without a crash", arguments: ["snappy", "plain", "gzip-v2"])
    func damaged(name: String) throws {
        let whole = [UInt8](try Data(contentsOf: URL(filePath: Self.folder + "/\(name).parquet")))
        let path = FileManager.default.temporaryDirectory.appending(path: "dhow-\(UUID().uuidString).parquet").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func read(_ bytes: [UInt8]) throws -> TableProfile {
            try Data(bytes).write(to: URL(filePath: path))
            return try ProfileFile(path).profile(parquet: none)
        }
        for length in [4, 11, 12, 100, whole.count / 2, whole.count - 1] {
            #expect(throws: Problem.self, "\(length) bytes") { try read(Array(whole[..<length])) }
        }
        // Whatever one byte is changed to, the file is read or refused.
        for place in stride(from: 4, to: whole.count, by: whole.count / 150) {
            var bytes = whole
            bytes[place] ^= UInt8(1 + place % 255)
            do {
                _ = try read(bytes)
            } catch {
                #expect(error is Problem, "byte \(place)")
            }
        }
    }
}
