// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Folders that are not needed any more, kept for who needs one next.
///
/// A file system pays for each folder and file that is made soon after others were deleted (ext4 looks for one that was not used for five
/// seconds); renaming costs next to nothing. What is here is empty or about to be, and may vanish at any time: who takes one looks whether it got it.
package final class SpareFolders: Sendable {
    private static let most = 64

    private let place: String
    private let names = Mutex<[String]>([])

    /// - Parameter place: On the file system of the folders, and for nothing else; what an earlier process left there is removed.
    package init(place: String) {
        self.place = place
        try? FileManager.default.removeItem(atPath: place)
    }

    /// Takes the folder away from `path`.
    ///
    /// - Returns: False when there is room for no more, or it cannot be moved: then it is to be removed.
    package func put(_ path: String) -> Bool {
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        guard names.withLock({ $0.count < Self.most }) else { return false }
        if rename(path, "\(place)/\(name)") != 0 {
            guard mkdir(place, 0o700) == 0, rename(path, "\(place)/\(name)") == 0 else { return false }
        }
        names.withLock { $0.append(name) }
        return true
    }

    /// Moves a spare folder to `path`, where nothing may be.
    ///
    /// - Returns: False when there is none.
    package func take(to path: String) -> Bool {
        guard let name = names.withLock({ $0.popLast() }) else { return false }
        return rename("\(place)/\(name)", path) == 0
    }
}
