// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import HTTPServer
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@Suite struct ModelEditingRouteTests {
    @Test("makes, describes, renames, tags and deletes models; a viewer only reads", arguments: TestDatabase.allCases)
    func models(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let request = CreateModelRequest(name: "delays", description: "Late?", tags: [TagBody(key: "team", value: "ops")])
            let made: ModelAnswer = try await world.ask(.post, "models", request, as: "amina")
            #expect(made.description == "Late?")
            #expect(try await world.send(.post, "models", request, as: "amina").status == .conflict)
            let changed: ModelAnswer = try await world.ask(
                .patch, "models/delays", UpdateModelRequest(name: "late", description: "Arrival"), as: "amina")
            #expect(changed.name == "late" && changed.description == "Arrival")
            let kept: ModelAnswer = try await world.ask(.patch, "models/late", UpdateModelRequest(), as: "amina")
            #expect(kept.name == "late" && kept.description == "Arrival")
            let tagged: ModelAnswer = try await world.ask(.put, "models/late/tags/a/b", TagValueRequest(value: "1"), as: "amina")
            #expect(tagged.tags.map(\.key) == ["a/b", "team"])
            let untagged: ModelAnswer = try await world.ask(.delete, "models/late/tags/team", as: "amina")
            #expect(untagged.tags.map(\.key) == ["a/b"])
            #expect(try await world.send(.patch, "models/late", UpdateModelRequest(name: "mine"), as: "vera").status == .forbidden)
            #expect(try await world.send(.delete, "models/late", as: "vera").status == .forbidden)
            let gone: ModelAnswer = try await world.ask(.delete, "models/late", as: "amina")
            #expect(gone.name == "late")
            #expect(try await world.send(.get, "models/late", as: "vera").status == .notFound)
            #expect(try await world.send(.delete, "models/late", as: "amina").status == .notFound)
        }
    }
}
