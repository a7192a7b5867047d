// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A file of text, plain or compressed with gzip; which of the two is told by its first bytes.
struct DataFile {
    /// Of the text; a year of flights is 10 MiB.
    static let largestText = 512 << 20
    private let file: URL

    init(_ file: URL) {
        self.file = file
    }

    func text() throws -> [UInt8] {
        let handle: FileHandle
        let start: Data
        do {
            handle = try FileHandle(forReadingFrom: file)
            start = try handle.read(upToCount: 2) ?? Data()
            try handle.seek(toOffset: 0)
        } catch {
            throw Problem(
                .invalid, "demo.data.unreadable", "The data file '\(file.path)' cannot be read.", why: error.localizedDescription,
                fix: "Start dhow in the folder of its source, or give the file: --data FILE.")
        }
        defer { try? handle.close() }
        return start.elementsEqual([0x1F, 0x8B]) ? try decompressed(handle) : try read(handle)
    }

    /// Through the program gzip, which every system has and Foundation does not.
    private func decompressed(_ handle: FileHandle) throws -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        process.standardInput = handle
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Problem(
                .unavailable, "demo.gzip.missing", "The program gzip, which unpacks the data file, cannot be started.",
                why: error.localizedDescription, fix: "Install gzip, or give an unpacked file: --data FILE.csv.")
        }
        let text: [UInt8]
        do {
            text = try read(output.fileHandleForReading)
        } catch {
            try? output.fileHandleForReading.close()
            process.terminate()
            process.waitUntilExit()
            throw error
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Problem(
                .invalid, "demo.data.damaged", "The data file '\(file.path)' cannot be unpacked.",
                why: "gzip ended with status \(process.terminationStatus).", fix: "Fetch the file again, or install gzip if it is missing.")
        }
        return text
    }

    private func read(_ handle: FileHandle) throws -> [UInt8] {
        var text: [UInt8] = []
        while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
            text.append(contentsOf: data)
            guard text.count <= Self.largestText else {
                throw Problem(.tooLarge, "demo.data.too-large", "The data file holds more than \(Self.largestText >> 20) MiB of text.")
            }
        }
        return text
    }
}
