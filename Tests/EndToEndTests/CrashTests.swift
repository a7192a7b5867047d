// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Synchronization
import Testing

@Suite("kill -9 in the middle of work")
struct CrashTests {
    /// What was acknowledged, and the number of the next piece of work.
    private final class Progress<Answer: Sendable>: Sendable {
        private let state = Mutex<(next: Int, answers: [Answer])>((0, []))

        var answers: [Answer] { state.withLock { $0.answers } }

        func begin() -> Int {
            state.withLock { state in
                state.next += 1
                return state.next
            }
        }

        /// How many there are with this one.
        func acknowledge(_ answer: Answer) -> Int {
            state.withLock { state in
                state.answers.append(answer)
                return state.answers.count
            }
        }
    }

    /// Repeats `work` in as many tasks until it fails; kills the server once `count` were acknowledged. Returns all acknowledged.
    private static func acknowledged<Answer: Sendable>(
        by server: ServerProcess, tasks: Int, killAfter count: Int, _ work: @escaping @Sendable (Int) async throws -> Answer?
    ) async -> [Answer] {
        let progress = Progress<Answer>()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    while let answer = try? await work(progress.begin()) {
                        if progress.acknowledge(answer) == count { kill(server.processID, SIGKILL) }
                    }
                }
            }
        }
        await server.crash()
        return progress.answers
    }

    @Test("every metric, param and run that was acknowledged among 64 concurrent writers is there")
    func writes() async throws {
        try await withCrash { server in
            let (experiment, run) = try await server.run(in: "crash")
            let written = await Self.acknowledged(by: server, tasks: 64, killAfter: 400) { index -> (run: String?, step: Int)? in
                if index.isMultiple(of: 4) {
                    let made = try await server.mlflow("runs/create", #"{"experiment_id":"\#(experiment)"}"#)
                    guard made.status == 200, let info = (made.member("run") as? [String: Any])?["info"] as? [String: Any] else {
                        return nil
                    }
                    return (info["run_id"] as? String, index)
                }
                let metric = #"{"run_id":"\#(run)","key":"m","value":\#(index),"timestamp":\#(index),"step":\#(index)}"#
                return try await server.mlflow("runs/log-metric", metric).status == 200 ? (nil, index) : nil
            }
            return (run, written)
        } after: { server, kept in
            let (run, written) = kept
            #expect(written.count >= 400)
            let history = try await server.send(
                .GET, "/api/2.0/mlflow/metrics/get-history?run_id=\(run)&metric_key=m&max_results=25000")
            let points = try #require(history.member("metrics") as? [[String: Any]])
            let steps = Set(points.compactMap { ($0["step"] as? NSNumber)?.intValue })
            #expect(written.filter { $0.run == nil && !steps.contains($0.step) }.isEmpty)
            for id in written.compactMap(\.run) {
                let found = try await server.send(.GET, "/api/2.0/mlflow/runs/get?run_id=\(id)")
                #expect(found.status == 200, "run \(id)")
            }
        }
    }

    @Test("an upload that was cut off leaves no artifact, and can be repeated")
    func upload() async throws {
        let path = "/api/2.0/mlflow-artifacts/artifacts/half/model.bin"
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        try await withCrash { server in
            let connection = try RawConnection(to: server.address)
            connection.send(
                "PUT \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nContent-Length: \(bytes.count)\r\n\r\n")
            connection.send(String(decoding: bytes.prefix(2 << 20), as: UTF8.self))
            try await eventually("the server has part of the upload", holds: { Self.sizeOfIncoming(server) > 1 << 20 })
        } after: { server, _ in
            #expect(try await server.send(.GET, path).status == 404)
            let listing = try await server.send(.GET, "/api/2.0/mlflow-artifacts/artifacts?path=half")
            #expect((listing.member("files") as? [Any])?.isEmpty ?? true, "\(listing.text)")
            #expect(try await server.send(.PUT, path, body: bytes).status == 200)
            #expect(try await server.send(.GET, path).body == Data(bytes))
        }
    }

    @Test("an upload in parts goes on after a restart: parts that were taken need not be sent again")
    func uploadInParts() async throws {
        let name = "parts/model.bin"
        let parts = [[UInt8](repeating: 1, count: 6 << 20), [UInt8](repeating: 2, count: 1 << 20)]
        try await withCrash { server -> (upload: String, links: [String], first: String) in
            let begun = try await server.json(
                .POST, "/api/2.0/mlflow-artifacts/mpu/create/parts", #"{"path":"model.bin","num_parts":2}"#)
            let upload = try #require(begun.member("upload_id") as? String, "\(begun.text)")
            let credentials = try #require(begun.member("credentials") as? [[String: Any]])
            let links = try credentials.map { credential in
                // The port is another after the restart; a client behind a name would not notice.
                let url = try #require((credential["url"] as? String).flatMap { URLComponents(string: $0) })
                return url.percentEncodedPath + "?" + (url.percentEncodedQuery ?? "")
            }
            let first = try await server.send(.PUT, links[0], body: parts[0], authorized: false)
            #expect(first.status == 200, "\(first.text)")
            return (upload, links, try #require(first.headers["ETag"].first))
        } after: { server, kept in
            let second = try await server.send(.PUT, kept.links[1], body: parts[1], authorized: false)
            #expect(second.status == 200, "\(second.text)")
            let tags = [kept.first, try #require(second.headers["ETag"].first)].map { $0.replacing("\"", with: "") }
            let claims = tags.enumerated().map { #"{"part_number":\#($0.offset + 1),"etag":"\#($0.element)"}"# }
            let completed = try await server.json(
                .POST, "/api/2.0/mlflow-artifacts/mpu/complete/parts",
                #"{"path":"model.bin","upload_id":"\#(kept.upload)","parts":[\#(claims.joined(separator: ","))]}"#)
            #expect(completed.status == 200, "\(completed.text)")
            #expect(try await server.send(.GET, "/api/2.0/mlflow-artifacts/artifacts/\(name)").body == Data(parts.joined()))
        }
    }

    private static func sizeOfIncoming(_ server: ServerProcess) -> Int {
        let folder = server.folder.appending(path: "blobs/incoming")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        let sizes = files.map { (try? FileManager.default.attributesOfItem(atPath: $0.path)[.size] as? Int) ?? 0 }
        return sizes.reduce(0, +)
    }

    @Test("a step that was running is adopted, runs once, and its execution succeeds")
    func execution() async throws {
        try await withTemporaryFolder { folder in
            let (fifo, starts) = (folder.appending(path: "fifo").path, folder.appending(path: "starts").path)
            #expect(mkfifo(fifo, 0o600) == 0)
            try await withCrash { server in
                try await server.apply(
                    """
                    apiVersion: dhow/v1
                    kind: Pipeline
                    metadata: {name: held}
                    spec:
                      steps:
                        - name: hold
                          command: [sh, -c, 'echo start >> "\(starts)"; read -r line < "\(fifo)"; echo "$line" > "$DHOW_OUTPUT_ANSWER"']
                          outputs: {answer: {path: answer.txt}}
                        - name: after
                          command: [sh, -c, 'test "$(cat "$DHOW_INPUT_ANSWER")" = go']
                          inputs: {answer: {step: hold, output: answer}}
                    """)
                let execution = try await server.startExecution(of: "held")
                try await eventually("the step has begun", holds: { FileManager.default.fileExists(atPath: starts) })
                return execution
            } after: { server, execution in
                let running = try await server.send(.GET, "/api/v1/executions/\(execution)")
                #expect(running.member("status") as? String == "running")
                let descriptor = try await eventually("the step waits for its line") { () -> Int32? in
                    let descriptor = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                    return descriptor >= 0 ? descriptor : nil
                }
                #expect(write(descriptor, "go\n", 3) == 3)
                close(descriptor)
                let ended = try await server.succeeded(execution)
                let steps = try #require(ended.member("steps") as? [[String: Any]])
                for step in steps { #expect((step["attempts"] as? [Any])?.count == 1, "\(step)") }
                #expect(try String(contentsOfFile: starts, encoding: .utf8) == "start\n")
            }
        }
    }

    @Test("an approval that waited still waits, can be given, and the release follows")
    func approval() async throws {
        try await withCrash { server in
            let delivery = try await DeliveryStory(on: server)
            let execution = try await delivery.start(round: "1")
            return (delivery, execution, try await delivery.pendingApproval())
        } after: { server, kept in
            let delivery = kept.0.on(server)
            #expect(try await delivery.pendingApproval() == kept.2)
            try await delivery.decide(kept.2)
            try await server.succeeded(kept.1)
            try await delivery.becomeReady()
            #expect(try await delivery.split() == [1: 100])
        }
    }

    @Test("a rollout goes on with the same split, and gathers evidence before and after")
    func rollout() async throws {
        try await withCrash { server in
            let delivery = try await DeliveryStory(on: server)
            try await delivery.release()
            try await delivery.becomeReady()
            try await delivery.release(round: "2")
            #expect(try await delivery.split() == [1: 90, 2: 10])
            let labelled = try await Self.predictAndLabel(delivery, atLeast: 1)
            return (delivery, labelled)
        } after: { server, kept in
            let delivery = kept.0.on(server)
            #expect(try await delivery.split() == [1: 90, 2: 10])
            try await delivery.becomeReady()
            _ = try await Self.predictAndLabel(delivery, atLeast: kept.1 + 1)
            #expect(try await delivery.split() == [1: 90, 2: 10])
        }
    }

    /// Answers and labels 200 rows; returns how many labels of the candidate the rollout has then counted, once they are that many.
    private static func predictAndLabel(_ delivery: DeliveryStory, atLeast count: Int) async throws -> Int {
        let id = try await delivery.predict(rows: 200)
        let labels = (0..<200).map { #"{"prediction":"\#(id).\#($0)","value":\#($0 % 2)}"# }.joined(separator: ",")
        try await eventually(
            "the last row is logged",
            holds: {
                try await delivery.server.send(.GET, "/api/v1/predictions/\(id).199").status == 200
            })
        let recorded = try await delivery.server.json(.POST, "/api/v1/endpoints/cells/labels", #"{"labels":[\#(labels)]}"#)
        guard recorded.status == 200 else { throw ServerProcess.Unexpected(response: recorded) }
        return try await eventually("the rollout counts \(count) labels of the candidate") {
            let list = try await delivery.server.send(.GET, "/api/v1/rollouts?endpoint=cells")
            let rollouts = list.member("items") as? [[String: Any]] ?? []
            let current = rollouts.first { $0["phase"] as? String == "progressing" && $0["percent"] as? Int == 10 }
            let counted = (current?["evidence"] as? [String: Any])?["candidateLabelled"] as? Int ?? 0
            return counted >= count ? counted : nil
        }
    }

    @Test("predictions that were logged stay, and of those after them only the log's last moment can be missing")
    func predictions() async throws {
        try await withCrash { server in
            let delivery = try await DeliveryStory(on: server)
            try await delivery.release()
            try await delivery.becomeReady()
            var early: [String] = []
            for _ in 0..<50 { early.append(try await delivery.predict()) }
            let last = try #require(early.last)
            try await eventually(
                "the last of them is logged", holds: { try await server.send(.GET, "/api/v1/predictions/\(last).0").status == 200 })
            let clock = ContinuousClock()
            let answered = await Self.acknowledged(by: server, tasks: 8, killAfter: 500) {
                _ -> (id: String, at: ContinuousClock.Instant)? in
                (try await delivery.predict(), clock.now)
            }
            return (early, answered)
        } after: { server, kept in
            let (early, answered) = kept
            for id in early {
                #expect(try await server.send(.GET, "/api/v1/predictions/\(id).0").status == 200, "\(id)")
            }
            #expect(answered.count >= 500)
            let last = try #require(answered.map(\.at).max())
            var missing: [Duration] = []
            for (id, at) in answered {
                let status = try await server.send(.GET, "/api/v1/predictions/\(id).0").status
                #expect(status == 200 || status == 404)
                if status == 404 { missing.append(last - at) }
            }
            // 100 ms of log, and on a busy machine some time until its transaction is through and this process sees the answer.
            #expect(missing.allSatisfy { $0 < .seconds(1) }, "\(missing)")
        }
    }
}
