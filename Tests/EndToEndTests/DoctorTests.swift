// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Broken installations")
struct DoctorTests {
    /// The line about a subject and the fix under it.
    private static func finding(_ subject: String, in output: String) -> (fault: Bool, fix: String)? {
        let lines = output.split(separator: "\n").map(String.init)
        guard let index = lines.firstIndex(where: { $0.contains(" \(subject):") }) else { return nil }
        let next = index + 1 < lines.count && lines[index + 1].contains("fix: ") ? lines[index + 1] : ""
        return (lines[index].hasPrefix("FAULT"), next)
    }

    @Test("doctor finds nothing wrong before the first start")
    func sound() async throws {
        try await withTemporaryFolder { folder in
            let report = try await Command.dhow("doctor", "--data", folder.path + "/new", "--port", "0")
            let faults = report.output.split(separator: "\n").filter { $0.hasPrefix("FAULT") && !$0.contains("disk") }
            #expect(faults.isEmpty, "\(report.output)")
        }
    }

    @Test("a second server on the same folder and SQLite database is refused, and the first goes on")
    func folderInUse() async throws {
        try await withServer { server in
            let second = try await Command.dhow("serve", "--data", server.folder.path, "--port", "0")
            #expect(second.status == 1)
            #expect(second.errors.contains("Another server is running"), "\(second.errors)")
            #expect(try await server.send(.GET, "/readyz").status == 200)
            #expect(FileManager.default.fileExists(atPath: server.folder.appending(path: "address").path))
        }
    }

    @Test("a port in use is found by doctor, and a second server on it does not start and says so")
    func portInUse() async throws {
        try await withServer { server in
            let port = try #require(URL(string: server.address)?.port)
            let report = try await Command.dhow("doctor", "--data", server.folder.path, "--port", String(port))
            #expect(report.status == 1)
            let finding = try #require(Self.finding("port", in: report.output))
            #expect(finding.fault)
            #expect(finding.fix.contains("--port"))
            try await withTemporaryFolder { folder in
                let second = try await Command.dhow("serve", "--data", folder.path, "--port", String(port))
                #expect(second.status != 0)
                #expect(second.errors.contains("--port"), "\(second.errors)")
            }
        }
    }

    @Test("a key file that others can read is found by doctor, and the server refuses to start with it")
    func exposedKeyFile() async throws {
        let server = try await ServerProcess.start()
        await server.stop()
        let file = server.folder.appending(path: "keys.json").path
        #expect(chmod(file, 0o644) == 0)
        let report = try await Command.dhow("doctor", "--data", server.folder.path, "--port", "0")
        #expect(report.status == 1)
        #expect(try #require(Self.finding("key file", in: report.output)).fix.contains("chmod 600"), "\(report.output)")
        let start = try await Command.dhow("serve", "--data", server.folder.path, "--port", "0")
        #expect(start.status != 0)
        #expect(start.errors.contains("keys.json") && start.errors.contains("chmod 600"), "\(start.errors)")
        await server.remove()
    }

    @Test("a Postgres that does not answer is found by doctor, and the server does not start without it")
    func unreachablePostgres() async throws {
        try await withTemporaryFolder { folder in
            let url = "postgres://127.0.0.1:1/x"
            let report = try await Command.dhow("doctor", "--data", folder.path, "--database", url, "--port", "0")
            #expect(report.status == 1)
            let finding = try #require(Self.finding("database", in: report.output))
            #expect(finding.fault)
            #expect(!finding.fix.isEmpty, "\(report.output)")
            let start = try await Command.dhow("serve", "--data", folder.path, "--database", url, "--port", "0")
            #expect(start.status == 75, "\(start.status)")
            #expect(start.errors.contains("127.0.0.1"), "\(start.errors)")
        }
    }

    @Test("without ONNX Runtime the server starts and says what is missing and how to get it; doctor finds it")
    func missingRuntime() async throws {
        try await withServer(["--onnxruntime", "/nonexistent"]) { server in
            #expect(try await server.send(.GET, "/readyz").status == 200)
            #expect(server.log.contains("ONNX Runtime") && server.log.contains("make setup"), "\(server.log)")
            let report = try await Command.dhow("doctor", "--data", server.folder.path, "--port", "0", "--onnxruntime", "/nonexistent")
            #expect(report.status == 1)
            #expect(try #require(Self.finding("ONNX Runtime", in: report.output)).fix.contains("make setup"), "\(report.output)")
        }
    }

    @Test("inference without ONNX Runtime is a 503 that names the fix")
    func inferenceWithoutRuntime() async throws {
        try await withServer(["--onnxruntime", "/nonexistent"]) { server in
            let delivery = try await DeliveryStory(on: server)
            try await delivery.release()
            let response = try await eventually("the endpoint is known") {
                let response = try await delivery.infer()
                return response.status == 404 ? nil : response
            }
            #expect(response.status == 503, "\(response.text)")
            #expect(Edge.inference.says("make setup", in: response), "\(response.text)")
        }
    }

    @Test("completion scripts are made for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let script = try await Command.dhow("--generate-completion-script", shell)
        #expect(script.status == 0)
        #expect(script.output.contains("doctor") && script.output.contains("serve"))
    }
}

extension Edge {
    func says(_ text: String, in response: ServerProcess.Response) -> Bool {
        (response.member("error") as? String)?.contains(text) == true
    }
}
