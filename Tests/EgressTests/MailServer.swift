// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// aiosmtpd in a process of its own; it ends with this value.
final class MailServer {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let python = folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: ".venv/bin/python")

    /// Whether Python and the server's package are there.
    static let isThere: Bool = {
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", "import aiosmtpd, cryptography"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    let port: Int
    /// Of its own certificate, which no system trusts.
    let certificate: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()

    /// - Parameter mode: As `mail_server.py` knows them.
    init(_ mode: String) throws {
        certificate = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString).pem").path
        process.executableURL = Self.python
        process.arguments = [Self.folder.appending(path: "mail_server.py").path, mode, certificate]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard let line = Self.line(output, &received), let number = try JSONDecoder().decode(JSONValue.self, from: line).integer else {
            throw Problem(.internal, "test.mail", "The mail server did not start.")
        }
        port = Int(number)
    }

    /// The next mail that it took.
    func mail() throws -> JSONValue? {
        try Self.line(output, &received).map { try JSONDecoder().decode(JSONValue.self, from: $0) }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        for path in [certificate, certificate + ".key"] { try? FileManager.default.removeItem(atPath: path) }
    }

    private static func line(_ pipe: Pipe, _ received: inout Data) -> Data? {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = Data(received[..<end])
                received = Data(received[(end + 1)...])
                return line
            }
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            received.append(more)
        }
    }
}
