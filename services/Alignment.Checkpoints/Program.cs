using Alignment.Checkpoints;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddCheckpoints();

var app = builder.Build();
app.MapServiceDefaults();
app.MapCheckpoints();
app.Run();
