// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import HTTPServer
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@Suite struct TrackingRouteTests {
    private static func run(in world: World, _ name: String = "first") async throws -> RunAnswer {
        let experiment: ExperimentAnswer = try await world.ask(
            .post, "experiments", CreateExperimentRequest(name: "exp \(name)"), as: "amina")
        return try await world.ask(.post, "runs", CreateRunRequest(experiment: experiment.id, name: name), as: "amina")
    }

    @Test("makes, renames, puts away and restores experiments; a viewer only reads", arguments: TestDatabase.allCases)
    func experiments(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let made: ExperimentAnswer = try await world.ask(
                .post, "experiments", CreateExperimentRequest(name: "flights", tags: [TagBody(key: "a/b", value: "1")]), as: "amina")
            let renamed: ExperimentAnswer = try await world.ask(
                .patch, "experiments/\(made.id)", RenameRequest(name: "planes"), as: "amina")
            #expect(renamed.name == "planes")
            let tagged: ExperimentAnswer = try await world.ask(
                .put, "experiments/\(made.id)/tags/x/y", TagValueRequest(value: "2"), as: "amina")
            #expect(tagged.tags.map(\.key) == ["a/b", "x/y"])
            let untagged: ExperimentAnswer = try await world.ask(.delete, "experiments/\(made.id)/tags/a/b", as: "amina")
            #expect(untagged.tags.map(\.key) == ["x/y"])
            let gone: ExperimentAnswer = try await world.ask(.delete, "experiments/\(made.id)", as: "amina")
            #expect(gone.lifecycle == "deleted")
            let active: Page<ExperimentAnswer> = try await world.ask(.get, "experiments?filter=name%20%3D%20'planes'", as: "vera")
            #expect(active.items.isEmpty)
            let deleted: Page<ExperimentAnswer> = try await world.ask(.get, "experiments?view=deleted", as: "vera")
            #expect(deleted.items.map(\.id) == [made.id])
            let back: ExperimentAnswer = try await world.ask(.post, "experiments/\(made.id)/restore", as: "amina")
            #expect(back.lifecycle == "active")
            let named: Page<ExperimentAnswer> = try await world.ask(.get, "experiments?name=planes", as: "vera")
            #expect(named.items.map(\.id) == [made.id])
            let refused = try await world.send(.post, "experiments", CreateExperimentRequest(name: "mine"), as: "vera")
            #expect(refused.status == .forbidden)
            #expect(try await world.send(.get, "experiments", as: nil).status == .unauthorized)
            #expect(try await world.send(.get, "experiments/abc", as: "vera").status == .notFound)
        }
    }

    @Test("makes one run for one Idempotency-Key, and refuses the key for another request", arguments: TestDatabase.allCases)
    func idempotency(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let first = try await Self.run(in: world)
            let request = CreateRunRequest(experiment: first.experiment, name: "again", started: 5)
            let key: HTTPFields = [.idempotencyKey: "one"]
            let once = try await world.send(.post, "runs", request, as: "amina", headers: key)
            let twice = try await world.send(.post, "runs", request, as: "amina", headers: key)
            #expect(once.status == .created)
            #expect(once.text == twice.text)
            let other = CreateRunRequest(experiment: first.experiment, name: "other")
            let reused = try await world.send(.post, "runs", other, as: "amina", headers: key)
            #expect(reused.code == "request.idempotency-key.reused")
            let runs: Page<RunAnswer> = try await world.ask(.get, "runs?experiment=\(first.experiment)", as: "vera")
            #expect(runs.items.count == 2)
        }
    }

    @Test("logs params, metrics and tags, and searches by them page by page", arguments: TestDatabase.allCases)
    func logging(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let run = try await Self.run(in: world)
            let logged: RunAnswer = try await world.ask(
                .post, "runs/\(run.id)/log",
                LogRequest(
                    params: [TagBody(key: "depth", value: "4")],
                    metrics: (0..<50).map { MetricBody(key: "val/loss", value: Double(50 - $0), step: $0, time: $0) }
                        + [MetricBody(key: "odd", value: nil, step: nil, time: nil)],
                    tags: [TagBody(key: "who", value: "me")]), as: "amina")
            #expect(logged.params.map(\.value) == ["4"])
            #expect(logged.metrics.map(\.key) == ["odd", "val/loss"])
            #expect(logged.metrics[0].value == nil)
            let series: MetricSeriesAnswer = try await world.ask(.get, "runs/\(run.id)/metrics/val/loss?points=10", as: "vera")
            #expect(series.count == 50)
            #expect(series.points.count <= 10)
            #expect(series.points.first?.value == 50 && series.points.last?.value == 1)
            let page: Page<MetricPointBody> = try await world.ask(.get, "runs/\(run.id)/metrics/val/loss?limit=30", as: "vera")
            let rest: Page<MetricPointBody> = try await world.ask(
                .get,
                "runs/\(run.id)/metrics/val/loss?limit=30&after=\(page.next?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")",
                as: "vera")
            #expect((page.items + rest.items).map(\.step) == Array(0..<50))
            #expect(rest.next == nil)
            let found: Page<RunAnswer> = try await world.ask(
                .get, "runs?experiment=\(run.experiment)&filter=params.depth%20%3D%20'4'%20AND%20metrics.%60val%2Floss%60%20%3C%202",
                as: "vera")
            #expect(found.items.map(\.id) == [run.id])
            let ended: RunAnswer = try await world.ask(.patch, "runs/\(run.id)", UpdateRunRequest(status: "finished"), as: "amina")
            #expect(ended.status == "finished" && ended.ended != nil)
            let unknown = try await world.send(.patch, "runs/\(run.id)", UpdateRunRequest(status: "FINISHED"), as: "amina")
            #expect(unknown.status == .badRequest)
            #expect(try await world.send(.get, "runs/\(run.id)/metrics/none?points=10", as: "vera").status == .notFound)
            #expect(try await world.send(.get, "runs/\(run.id)/metrics/val/loss?points=3", as: "vera").status == .badRequest)
            #expect(try await world.send(.get, "runs", as: "vera").status == .badRequest)
        }
    }

    @Test("stores, lists and gives files of runs and logged models, also in part", arguments: TestDatabase.allCases)
    func artifacts(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let run = try await Self.run(in: world)
            let model: LoggedModelAnswer = try await world.ask(
                .post, "logged-models", CreateLoggedModelRequest(experiment: run.experiment, name: "net", run: run.id), as: "amina")
            #expect(model.status == "pending")
            for owner in ["runs/\(run.id)", "logged-models/\(model.id)"] {
                let stored = try await world.send(.put, "\(owner)/artifacts/notes/a.txt", "hello", as: "amina")
                #expect(stored.status == .created)
                let root: Page<ArtifactEntryAnswer> = try await world.ask(.get, "\(owner)/artifacts", as: "vera")
                #expect(root.items.map(\.path) == ["notes"] && root.items[0].isFolder)
                let folder: Page<ArtifactEntryAnswer> = try await world.ask(.get, "\(owner)/artifacts?path=notes", as: "vera")
                #expect(folder.items.map(\.path) == ["notes/a.txt"] && folder.items[0].size == 7)
                #expect(try await world.send(.get, "\(owner)/artifacts/notes/a.txt", as: "vera").text == "\"hello\"")
                let part = try await world.send(
                    .get, "\(owner)/artifacts/notes/a.txt", as: "vera", headers: [.range: "bytes=1-3"])
                #expect(part.status == .partialContent && part.text == "hel")
                #expect(try await world.send(.get, "\(owner)/artifacts/..%2Fa", as: "vera").status == .badRequest)
                #expect(try await world.send(.put, "\(owner)/artifacts/b", "x", as: "vera").status == .forbidden)
            }
            let ready: LoggedModelAnswer = try await world.ask(
                .patch, "logged-models/\(model.id)", FinishLoggedModelRequest(status: "ready"), as: "amina")
            #expect(ready.status == "ready")
            let version: VersionAnswer<JSONValue> = try await world.ask(
                .post, "models/churn/versions",
                RegisterVersionRequest(
                    run: run.id, artifact: "notes", codeCommit: "4f0c", environmentLock: "sha256:ab", featureService: "churn-features"),
                as: "amina")
            #expect(version.files.map(\.path) == ["a.txt"] && version.run == run.id && version.featureService == "churn-features")
            let staged: VersionAnswer<JSONValue> = try await world.ask(
                .post, "models/churn/versions/1/transitions", TransitionRequest(environment: "staging", reason: "try it"), as: "amina")
            #expect(staged.environment == "staging")
            let history: Page<TransitionAnswer> = try await world.ask(.get, "models/churn/transitions?version=1", as: "vera")
            #expect(history.items.map(\.reason) == ["try it"])
            let standing: Page<TransitionAnswer> = try await world.ask(
                .get, "models/churn/standing?at=\(history.items[0].time)", as: "vera")
            #expect(standing.items.map(\.to) == ["staging"])
            let refused = try await world.send(
                .post, "models/churn/versions/1/transitions", TransitionRequest(environment: "staging", reason: "again"), as: "amina")
            #expect(refused.code == "registry.transition.same")
            let list: Page<LoggedModelAnswer> = try await world.ask(
                .get, "logged-models?experiment=\(run.experiment)&filter=name%20%3D%20'net'", as: "vera")
            #expect(list.items.map(\.id) == [model.id])
        }
    }
}
