namespace Alignment.Suite.Doctor;

/// <summary>One thing the doctor looked at.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="State"><c>ok</c>, <c>warn</c> (works, less well) or <c>fail</c> (must be mended).</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do, when something is to be done.</param>
internal sealed record Finding(string Name, string State, string Detail, string? Remedy = null)
{
    public static Finding Ok(string name, string detail) => new(name, "ok", detail);

    public static Finding Warn(string name, string detail, string remedy) => new(name, "warn", detail, remedy);

    public static Finding Fail(string name, string detail, string remedy) => new(name, "fail", detail, remedy);
}
