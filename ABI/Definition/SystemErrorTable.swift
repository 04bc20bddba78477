// The one declaration of the errors that Megha's system calls return. Numbers are never reused.

extension SystemCallTable {
  public static let errors: [ErrorDeclaration] = [
    .init(-1, "unknownCall", "There is no system call of this number."),
    .init(-2, "badAddress", "An address range is not wholly the caller's, or not accessible as the call needs."),
    .init(-3, "badArgument", "An argument has a value that the call does not take."),
    .init(-4, "notFound", "Nothing of this name exists."),
    .init(-5, "outOfMemory", "There is not enough memory; nothing was changed."),
    .init(-6, "notPermitted", "The caller does not hold the right that this needs."),
    .init(-7, "noSuchTask", "No task has this identity."),
    .init(-8, "noChild", "The caller has no such child or thread to wait for."),
    .init(-9, "wouldBlock", "The call would have to wait and was asked not to."),
    .init(-10, "timedOut", "The time given ran out first."),
    .init(-11, "cancelled", "The wait was ended because the caller is being ended."),
    .init(-12, "badHandle", "The caller holds no such handle, or not with the rights this needs."),
    .init(-13, "badExecutable", "The file is not a program that can be started."),
    .init(-14, "tooLarge", "A length or count is over its limit."),
    .init(-15, "alreadyExists", "Something of this name exists already."),
    .init(-16, "busy", "It is in use; the log says by whom."),
    .init(-17, "serviceFaulted", "The service failed while it handled the call."),
    .init(-18, "peerGone", "The other side ended."),
    .init(-19, "unsupported", "This machine or this object cannot do it."),
    .init(-20, "limitReached", "A table is full or a count is at its limit."),
    .init(-21, "badModule", "The file is not a module that can be linked; the log says why."),
  ]
}
