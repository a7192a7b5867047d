// SPDX-License-Identifier: Apache-2.0

package import Backends

extension EndpointSettings {
    /// The input that names the entity of a row, where the endpoint keeps the rows of one together; read in the caller's transaction.
    package static func entityInput(of endpoint: EndpointName, in transaction: any Transaction) throws -> String? {
        let settings = try EndpointSettingsTable(transaction: transaction).find(endpoint).settings
        return settings.entity ?? settings.features?.entity
    }
}
