// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
package import Governance

/// Reading and changing how endpoints answer.
package struct EndpointConfiguration: Sendable {
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// The standards for an endpoint that has no settings.
    package func settings(of endpoint: String, by caller: Caller) async throws -> EndpointSettings {
        try ResourceName.check(endpoint, of: "endpoint")
        return try await governor.read(.endpointRead, by: caller) { transaction in
            try EndpointSettingsTable(transaction: transaction).find(EndpointName(workspace: caller.workspace, name: endpoint)).settings
        }
    }

    /// Replaces all of them; the next request is answered by the new ones. They may come before the endpoint's first release.
    ///
    /// - Throws: `Problem` `.invalid` for what is out of its range.
    package func set(_ settings: EndpointSettings, of endpoint: String, by caller: Caller) async throws -> EndpointSettings {
        try ResourceName.check(endpoint, of: "endpoint")
        try settings.check()
        return try await governor.change(.endpointWrite, by: caller) { change in
            let name = EndpointName(workspace: change.workspace, name: endpoint)
            let table = EndpointSettingsTable(transaction: change.transaction)
            let before = try table.find(name)
            guard before.settings != settings else { return settings }
            try table.replace(settings, of: name, at: change.time)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try change.record(
                "configured", on: "endpoint/\(endpoint)",
                ["endpoint": .string(endpoint), "settings": .string(String(decoding: try encoder.encode(settings), as: UTF8.self))])
            return settings
        }
    }
}
