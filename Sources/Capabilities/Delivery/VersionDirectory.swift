// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// What Delivery asks the model registry, and tells it, inside its own transactions.
package struct VersionDirectory: Sendable {
    package typealias Author = @Sendable (_ model: String, _ version: Int, _ workspace: String, any Transaction) throws -> String?
    package typealias Champion = @Sendable (_ model: String, _ workspace: String, any Transaction) throws -> Int?
    package typealias Size = @Sendable (_ model: String, _ version: Int, _ workspace: String, any Transaction) throws -> Int64?
    package typealias Snapshots = @Sendable (_ model: String, _ version: Int, _ workspace: String, any Transaction) throws -> [String]
    package typealias Crown = @Sendable (_ model: String, _ version: Int, Change) throws -> Void

    package typealias Fault = @Sendable (_ model: String, _ version: Int, _ workspace: String, any Transaction) throws -> String?
    package typealias Jurisdictions = @Sendable (_ snapshots: [String], _ workspace: String, any Transaction) throws -> [String?]

    private let author: Author
    private let champion: Champion
    private let crown: Crown
    private let size: Size
    private let snapshots: Snapshots
    private let fault: Fault
    private let jurisdictions: Jurisdictions

    /// - Parameter author: The qualified name of the principal that registered the version; nil when there is no such version.
    /// - Parameter champion: The version that now holds the place a candidate must win.
    /// - Parameter crown: Makes a version the champion; called in the transaction in which it takes all traffic of an endpoint.
    /// - Parameter size: Bytes of the version's files together; nil when it has none.
    /// - Parameter snapshots: Ids of those that the version was made of.
    /// - Parameter fault: Why a version that is there must not answer, such as a signature that does not hold; nil when it may.
    /// - Parameter jurisdictions: Where the data of snapshots lives, one for each; nil where that is not stated.
    package init(
        author: @escaping Author, champion: @escaping Champion, crown: @escaping Crown, size: @escaping Size = { _, _, _, _ in nil },
        snapshots: @escaping Snapshots = { _, _, _, _ in [] }, fault: @escaping Fault = { _, _, _, _ in nil },
        jurisdictions: @escaping Jurisdictions = { snapshots, _, _ in snapshots.map { _ in nil } }
    ) {
        self.author = author
        self.champion = champion
        self.crown = crown
        self.size = size
        self.snapshots = snapshots
        self.fault = fault
        self.jurisdictions = jurisdictions
    }

    /// - Returns: The version's author.
    /// - Throws: `Problem` `.notFound`.
    @discardableResult
    func require(_ model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction) throws -> String {
        guard let author = try author(model, version, workspace, transaction) else {
            throw Problem(
                .notFound, "delivery.version.unknown", "Version \(version) of model '\(model.printable)' does not exist.",
                fix: "List them: dhow version list \(model.printable).")
        }
        return author
    }

    /// The champion that a version has to beat: none when it is the champion itself.
    func rival(of model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction) throws -> Int? {
        let champion = try champion(model, workspace, transaction)
        return champion == version ? nil : champion
    }

    func size(of model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction) throws -> Int64? {
        try size(model, version, workspace, transaction)
    }

    func snapshots(of model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction) throws -> [String] {
        try snapshots(model, version, workspace, transaction)
    }

    /// Why a version must not answer any more: deleted, or no longer what was signed; nil when it may.
    func fault(of model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction) throws -> String? {
        guard try author(model, version, workspace, transaction) != nil else {
            return "Version \(version) of model '\(model.printable)' does not exist any more."
        }
        return try fault(model, version, workspace, transaction)
    }

    /// The same directory that also knows what is wrong with versions, which something beyond Delivery looks at.
    package func withFaults(_ fault: @escaping Fault) -> VersionDirectory {
        VersionDirectory(
            author: author, champion: champion, crown: crown, size: size, snapshots: snapshots, fault: fault, jurisdictions: jurisdictions)
    }

    /// Where the data that a version was made of lives, by snapshot; nil where that is not stated.
    func jurisdictions(
        of model: String, _ version: Int, _ workspace: String, _ transaction: any Transaction
    ) throws -> [(snapshot: String, jurisdiction: String?)] {
        let ids = try snapshots(model, version, workspace, transaction)
        return Array(zip(ids, try jurisdictions(ids, workspace, transaction)))
    }

    func crown(_ model: String, _ version: Int, _ change: Change) throws {
        try crown(model, version, change)
    }
}
