using Alignment.Cycles;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddCycles();

var app = builder.Build();
app.MapServiceDefaults();
app.MapCycles();
app.Run();
