namespace Alignment.Jobs;

/// <summary>The row belongs to another attempt: everything this one would still write is refused.</summary>
public sealed class JobFencedException(string jobId, long attempt)
    : Exception($"Attempt {attempt} of job {jobId} lost its lease; another attempt owns the job.");

/// <summary>A failure that trying again cannot repair: bad data, a loss that is not a number, a wrong option.</summary>
/// <param name="code">Short and stable, for programs: <c>bad_spec</c>, <c>loss_not_finite</c>.</param>
/// <param name="message">For people: what, where, and the remedy.</param>
public sealed class JobFailedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}

/// <summary>A failure that may pass by itself: a server that does not answer, a full disk, memory taken by a neighbour.</summary>
public sealed class JobTransientException(string message, Exception? inner = null) : Exception(message, inner);
