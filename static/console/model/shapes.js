/**
 * The wire's shapes as the console reads them (PROTOCOL §6, §7, §11), for the type checker only.
 *
 * The server keeps the contract; nothing here is checked at run time. Members that the console does
 * not read are left out.
 *
 * @typedef {"public" | "staff"} LogName
 * @typedef {"open" | "snoozed" | "resolved"} Status
 * @typedef {"mine" | "unassigned" | "all" | "snoozed" | "resolved"} View
 * @typedef {"low" | "normal" | "high" | "urgent"} Priority
 * @typedef {"online" | "away" | "offline"} Availability
 * @typedef {"reply" | "note"} Mode
 *
 * @typedef {object} Author
 * @property {"visitor" | "agent" | "assistant" | "system"} kind
 * @property {string | null} [id]
 * @property {string | null} [name]
 * @property {string | null} [contactId]
 * @property {string | null} [trust]
 *
 * @typedef {object} Event
 * @property {string} conversationId
 * @property {LogName} log
 * @property {number} seq
 * @property {string} id
 * @property {string} at
 * @property {string} kind
 * @property {Author} author
 * @property {string} [clientMessageId]
 * @property {string} [body]
 * @property {string} [editedAt]
 * @property {boolean} [deleted]
 * @property {number} [targetSeq]
 * @property {Status} [status]
 * @property {Assignee} [assignee]
 * @property {string | null} [agentId]
 * @property {string[]} [added]
 * @property {string[]} [removed]
 * @property {Priority} [priority]
 * @property {string | null} [until]
 * @property {number} [score]
 * @property {string | null} [comment]
 * @property {string[]} [mentions]
 * @property {string | null} [from]
 * @property {string | null} [to]
 * @property {boolean} [verified]
 * @property {string | null} [reason]
 * @property {string} [name]
 *
 * @typedef {object} Assignee
 * @property {"human" | "assistant" | "none"} kind
 * @property {string | null} name
 *
 * @typedef {object} Contact
 * @property {string} id
 * @property {"anonymous" | "lead" | "user"} kind
 * @property {string | null} name
 * @property {string | null} email
 * @property {string | null} phone
 * @property {string | null} userId
 * @property {boolean} verified
 * @property {Record<string, unknown>} metadata
 * @property {Record<string, unknown>} unverifiedMetadata
 * @property {string | null} lastSeenAt
 * @property {boolean} online
 *
 * @typedef {object} Summary
 * @property {string} id
 * @property {Status} status
 * @property {boolean} verified
 * @property {number} lastSeq
 * @property {{preview: string, author: Author, at: string} | null} lastMessage
 * @property {number} unread
 * @property {Assignee} assignee
 * @property {{visitor: {read: number, delivered: number}, agent: {read: number}}} marks
 * @property {number} version
 * @property {string} createdAt
 * @property {string} updatedAt
 * @property {Contact | null} contact
 * @property {string[]} labels
 * @property {Priority} priority
 * @property {string | null} snoozedUntil
 *
 * @typedef {{mine: number, unassigned: number, all: number, snoozed: number, resolved: number}} Counts
 *
 * @typedef {object} InboxAnswer
 * @property {string} viewId
 * @property {number} rev
 * @property {Summary[]} items
 * @property {string | null} nextCursor
 * @property {Counts} counts
 *
 * @typedef {object} InboxChange
 * @property {string} viewId
 * @property {number} rev
 * @property {Summary[]} upsert
 * @property {string[]} remove
 * @property {Counts} [counts]
 *
 * @typedef {object} Agent
 * @property {string} id
 * @property {string} name
 * @property {string} email
 * @property {Availability} state
 * @property {"owner" | "admin" | "agent"} role
 *
 * @typedef {{id: string, typing: boolean, note: boolean}} Viewer
 *
 * @typedef {object} Visitor
 * @property {string} visitorId
 * @property {string} sessionId
 * @property {"anonymous" | "identified" | "verified" | "expired"} state
 * @property {Contact} [contact]
 * @property {{url: string, title?: string | null} | null} page
 * @property {string | null} referrer
 * @property {string} since
 * @property {boolean} online
 *
 * @typedef {object} BoardAnswer
 * @property {string} viewId
 * @property {number} rev
 * @property {Visitor[]} items
 * @property {number} total
 * @property {string | null} nextCursor
 *
 * @typedef {object} BoardChange
 * @property {string} viewId
 * @property {number} rev
 * @property {Visitor[]} upsert
 * @property {string[]} remove
 * @property {number} total
 *
 * @typedef {object} HistoryPage
 * @property {string} conversationId
 * @property {LogName} log
 * @property {Event[]} events
 * @property {boolean} hasMore
 *
 * @typedef {object} Opened
 * @property {Summary} conversation
 * @property {Contact | null} contact
 * @property {{public: HistoryPage, staff: HistoryPage}} history
 * @property {Viewer[]} viewers
 */

export {};
