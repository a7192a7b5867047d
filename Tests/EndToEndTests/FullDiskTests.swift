// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("A full disk")
struct FullDiskTests {
    /// Mounts a small file system over `folder` for the server alone, so that nothing is left behind. Needs root, or user namespaces.
    private static func launcher(over folder: URL) -> [String] {
        let script = #"mount -t tmpfs -o size=24m,mode=700 dhow-test "$0" && exec "$@""#
        return ["/usr/bin/env", "unshare", getuid() == 0 ? "-m" : "-rm", "sh", "-c", script, folder.path]
    }

    @Test("writes are refused with 507 while reads go on; with room again writes work, and the ledger verifies")
    func fullDisk() async throws {
        let folder = try ServerProcess.temporaryFolder()
        let server = try await ServerProcess.start(folder: folder, through: Self.launcher(over: folder))
        do {
            let inside = "/proc/\(server.processID)/root\(folder.path)"
            let (experiment, _) = try await server.run(in: "full")
            let small = [UInt8](repeating: 1, count: 100_000)
            let path = "/api/2.0/mlflow-artifacts/artifacts/full/"
            #expect(try await server.send(.PUT, path + "before", body: small).status == 200)

            try Self.fill(inside + "/filler")
            let upload = try await server.send(.PUT, path + "during", body: small)
            #expect(upload.status == 507, "\(upload.status) \(upload.text)")
            #expect(Edge.mlflow.explains(upload), "\(upload.text)")
            // The write-ahead log may have room of its own for some writes.
            var refused: ServerProcess.Response?
            for index in 0..<3_000 where refused == nil {
                let write = try await Self.tag(experiment, index, on: server)
                if write.status != 200 { refused = write }
            }
            let refusal = try #require(refused)
            #expect(refusal.status == 507, "\(refusal.status) \(refusal.text)")
            let native = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#)
            #expect([201, 507].contains(native.status), "\(native.text)")

            #expect(try await server.send(.GET, path + "before").body == Data(small))
            #expect(try await server.send(.GET, "/api/2.0/mlflow/experiments/get?experiment_id=\(experiment)").status == 200)
            #expect(try await server.send(.GET, path + "during").status == 404)

            #expect(unlink(inside + "/filler") == 0)
            try await eventually("writes work again", holds: { try await Self.tag(experiment, -1, on: server).status == 200 })
            #expect(try await server.send(.PUT, path + "during", body: small).status == 200)
            let entry = getuid() == 0 ? ["-m"] : ["-U", "-m", "--preserve-credentials"]
            let verification = try await Command.program(
                ["nsenter", "-t", String(server.processID)] + entry + [
                    ServerProcess.binary.path, "ledger", "verify", "--data", folder.path,
                ])
            #expect(verification.status == 0, "\(verification.errors) \(verification.output)")
            #expect(await server.stop() == 0)
        } catch {
            await server.remove()
            throw error
        }
        await server.remove()
    }

    @Test("predictions are answered while the disk is full, and are in the log once there is room")
    func predictions() async throws {
        let folder = try ServerProcess.temporaryFolder()
        let server = try await ServerProcess.start(folder: folder, through: Self.launcher(over: folder))
        do {
            let story = try await DeliveryStory(on: server)
            try await story.release()
            try await story.becomeReady()
            let inside = "/proc/\(server.processID)/root\(folder.path)"
            try Self.fill(inside + "/filler")
            var ids: [String] = []
            // More than the write-ahead log has room for.
            for _ in 0..<40 { ids.append(try await story.predict(rows: 200)) }
            #expect(unlink(inside + "/filler") == 0)
            for id in [ids[0], ids[39]] {
                try await eventually(
                    "prediction \(id) is in the log", holds: { try await server.send(.GET, "/api/v1/predictions/\(id).199").status == 200 })
            }
            let metrics = try await server.send(.GET, "/metrics").text
            #expect(metrics.contains("\ndhow_predictions_dropped 0.0\n"))
            #expect(await server.stop() == 0)
        } catch {
            await server.remove()
            throw error
        }
        await server.remove()
    }

    private static func tag(_ experiment: String, _ index: Int, on server: ServerProcess) async throws -> ServerProcess.Response {
        let value = String(repeating: "x", count: 4_000)
        return try await server.mlflow(
            "experiments/set-experiment-tag", #"{"experiment_id":"\#(experiment)","key":"k\#(index)","value":"\#(value)"}"#)
    }

    /// Writes to the file until nothing more fits.
    private static func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
        defer { close(descriptor) }
        for size in [1 << 20, 4096, 1] {
            let piece = [UInt8](repeating: 0, count: size)
            while write(descriptor, piece, size) == size {}
        }
    }
}

extension Edge {
    /// Whether the text for people says that the disk is full.
    func explains(_ response: ServerProcess.Response) -> Bool {
        response.text.contains("full") && (self != .mlflow || response.member("error_code") as? String == "TEMPORARILY_UNAVAILABLE")
    }
}
