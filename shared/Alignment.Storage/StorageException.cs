namespace Alignment.Storage;

/// <summary>A fault of the store that a person can repair; the message names the path and the remedy.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
