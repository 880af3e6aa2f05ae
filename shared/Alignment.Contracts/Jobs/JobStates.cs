namespace Alignment.Contracts.Jobs;

/// <summary><c>queued → running → succeeded | failed | canceled</c>; <c>running → queued</c> on graceful release or scheduled retry.</summary>
public static class JobStates
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Canceled = "canceled";

    public static bool IsFinal(string state) => state is Succeeded or Failed or Canceled;
}
