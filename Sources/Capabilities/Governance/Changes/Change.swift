// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// One authorised change in its transaction. What it does and the ledger entries that say so commit together.
package struct Change {
    package let transaction: any Transaction
    package let caller: Caller
    package let time: Timestamp
    private let identifiers: IdentifierSource
    private let permission: Permission
    /// Undone at its end: it shows what a change would do.
    package let isRehearsal: Bool

    init(
        transaction: any Transaction, caller: Caller, time: Timestamp, identifiers: IdentifierSource, permission: Permission,
        isRehearsal: Bool = false
    ) {
        self.transaction = transaction
        self.caller = caller
        self.time = time
        self.identifiers = identifiers
        self.permission = permission
        self.isRehearsal = isRehearsal
    }

    /// The part of this change that needs a further permission. Who rehearses needs only the one to see what it is about.
    ///
    /// - Throws: `Problem` `.forbidden`.
    package func under(_ writing: Permission, rehearsedUnder reading: Permission) throws -> Change {
        try Governor.authorize(isRehearsal ? reading : writing, of: caller, in: transaction)
        return Change(
            transaction: transaction, caller: caller, time: time, identifiers: identifiers, permission: writing, isRehearsal: isRehearsal)
    }

    /// The part of this change that another request, or an entry of the ledger, asked for.
    package func caused(by requestID: String) -> Change {
        var caller = caller
        caller.requestID = requestID
        return Change(
            transaction: transaction, caller: caller, time: time, identifiers: identifiers, permission: permission, isRehearsal: isRehearsal
        )
    }

    package var workspace: String { caller.workspace }

    package func newIdentifier() -> String { identifiers.next() }

    /// Appends `noun.verb` to the ledger. Payload values are integers, texts, booleans and lists of them: no floats, no personal values.
    ///
    /// - Returns: The entry's id.
    @discardableResult
    package func record(_ verb: String, on resource: String, _ payload: [String: JSONValue] = [:], outcome: LedgerEntry.Outcome = .done)
        throws -> String
    {
        let entry = LedgerEntry(
            id: identifiers.next(), time: time, actor: caller.principal.qualifiedName, onBehalfOf: nil, verb: verb, resource: resource,
            workspace: caller.workspace, outcome: outcome, decision: permission.rawValue, requestID: caller.requestID,
            payload: .object(payload))
        try Ledger(transaction: transaction).append(entry)
        return entry.id
    }
}
